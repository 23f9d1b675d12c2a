// Served from the package: see src/stream/live/assets.ts.
export { default } from 'uplot'
