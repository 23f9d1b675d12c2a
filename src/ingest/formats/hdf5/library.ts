import type { ready } from 'h5wasm/node'

/** The HDF5 library as it is loaded: its functions and its memory. */
export type H5Module = Awaited<typeof ready>
