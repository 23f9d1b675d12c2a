import { describe, expect, it } from 'vitest'
import { Seal } from '#spillway/stream/group/seal.js'

const TOKEN = 'a-token-for-tests'
const seal = new Seal(TOKEN, 'p')
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const opened = (closed: Uint8Array) => JSON.parse(new TextDecoder().decode(closed))

describe('a sealed text', () => {
  it('is opened by whoever has the token, for the same pipeline and purpose', () => {
    const closed = seal.close('order', 'text – with ∂')
    expect(new Seal(TOKEN, 'p').open('order', closed)).toBe('text – with ∂')
    expect(seal.open('answer', closed)).toBeNull()
    expect(new Seal(TOKEN, 'q').open('order', closed)).toBeNull()
    expect(new Seal(`${TOKEN}.`, 'p').open('order', closed)).toBeNull()
  })

  it('holds neither token nor key', () => {
    expect(JSON.stringify(opened(seal.close('order', 'x')))).not.toContain(TOKEN)
    expect(Object.keys(seal)).toEqual([])
  })

  it('is not opened when anything of it was changed, or is no such thing', () => {
    const { body, mac } = opened(seal.close('order', 'pause'))
    expect(seal.open('order', bytes({ body, mac }))).toBe('pause')
    const changed = [
      { body: 'resume', mac },
      { body, mac: Buffer.from(mac, 'base64').fill(0).toString('base64') },
      { body, mac: mac.slice(0, 8) },
      { body, mac: '' },
      { body, mac: 7 },
      { body },
      [],
      null,
      { body: 'x'.repeat(9_000), mac },
    ]
    for (const one of changed) expect(seal.open('order', bytes(one)), JSON.stringify(one)).toBeNull()
    expect(seal.open('order', new Uint8Array([0xff, 0xfe]))).toBeNull()
    expect(seal.open('order', new Uint8Array(0))).toBeNull()
  })
})
