declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array
  /** Throws when the declared length is above `maxLength`. */
  export function uncompress(bytes: Uint8Array, maxLength?: number): Uint8Array
}
