/** One field of a protobuf message: its number, and a varint, text, bytes or a nested message. */
export type ProtoField = readonly [number: number, value: number | string | Uint8Array | Proto]
export type Proto = readonly ProtoField[]

/** Writes a message (protobuf.dev/programming-guides/encoding): varints and length-delimited fields. */
export function proto(fields: Proto): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)])
      const bytes =
        typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? value : proto(value)
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
    }),
  )
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Uint8Array.of(...bytes, rest)
}
