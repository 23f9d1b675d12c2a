import { SpillwayError } from '../errors.js'

/** One field of a protobuf message: a varint or the bytes of a length-delimited field. */
export interface Field {
  readonly number: number
  readonly varint: number
  readonly bytes: Uint8Array | null
}

/**
 * Walks the fields of one protobuf message (wire format, protobuf.dev/programming-guides/encoding), bounds checked.
 * @throws SpillwayError MODEL_INVALID at the byte where the bytes stop being protobuf.
 */
export function* fields(bytes: Uint8Array, place: string): Generator<Field> {
  let at = 0
  const fail = (what: string): never => {
    throw new SpillwayError('MODEL_INVALID', `not an ONNX file: ${what}`, { place: `${place}, byte ${at}` })
  }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 10; shift++) {
      if (at >= bytes.length) fail('a number runs past the end')
      const byte = bytes[at++]
      value += (byte & 0x7f) * 2 ** (7 * shift)
      if (byte < 0x80) return value
    }
    return fail('a number is longer than ten bytes')
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    if (number === 0) fail('field number 0')
    if (wire === 0) yield { number, varint: varint(), bytes: null }
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = varint()
      if (at + length > bytes.length) fail(`field ${number} of ${length} bytes runs past the end`)
      yield { number, varint: 0, bytes: bytes.subarray(at, at + length) }
      at += length
    } else fail(`wire type ${wire}`)
    if (at > bytes.length) fail(`field ${number} runs past the end`)
  }
}
