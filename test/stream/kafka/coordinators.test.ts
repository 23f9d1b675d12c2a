import { describe, expect, it } from 'vitest'
import { Coordinators } from '#spillway/stream/kafka/kafkajs-coordinators.js'

const FIND_COORDINATOR = 10
const PRODUCE = 0

/** size, key and version of the API, correlation id, client id, body. */
function request(correlation: number, body: string, api = FIND_COORDINATOR, version = 1): Buffer {
  const head = Buffer.alloc(12)
  head.writeInt16BE(api, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(correlation, 8)
  const frame = Buffer.concat([head, Buffer.from(`client ${body}`)])
  frame.writeInt32BE(frame.length - 4)
  return frame
}

/** size, correlation id, throttle time, error, body. */
function answer(correlation: number, body: string, error = 0, throttle = 0): Buffer {
  const head = Buffer.alloc(14)
  head.writeInt32BE(correlation, 4)
  head.writeInt32BE(throttle, 8)
  head.writeInt16BE(error, 12)
  const frame = Buffer.concat([head, Buffer.from(body)])
  frame.writeInt32BE(frame.length - 4)
  return frame
}

describe('who coordinates what', () => {
  it('is asked once, and told again under the number of the new question', () => {
    const known = new Coordinators()
    expect(known.request(request(1, 'a'))).toBeNull()
    expect(known.request(request(2, 'a'))).toBeNull()
    known.answer(answer(1, 'node 7'))
    expect(known.request(request(3, 'a'))).toEqual(answer(3, 'node 7'))
    expect(known.request(request(4, 'a'))).toEqual(answer(4, 'node 7'))
  })

  it('is another question for another key, another version and another API', () => {
    const known = new Coordinators()
    known.request(request(1, 'a'))
    known.answer(answer(1, 'node 7'))
    expect(known.request(request(2, 'b'))).toBeNull()
    expect(known.request(request(3, 'a', FIND_COORDINATOR, 2))).toBeNull()
    expect(known.request(request(4, 'a', PRODUCE))).toBeNull()
    expect(known.request(request(5, 'a', FIND_COORDINATOR, 0))).toBeNull()
  })

  it('is asked again after two seconds', () => {
    let now = 0
    const known = new Coordinators(() => now)
    known.request(request(1, 'a'))
    known.answer(answer(1, 'node 7'))
    now = 1_999
    expect(known.request(request(2, 'a'))).not.toBeNull()
    now = 2_000
    expect(known.request(request(3, 'a'))).toBeNull()
    known.answer(answer(3, 'node 8'))
    expect(known.request(request(4, 'a'))).toEqual(answer(4, 'node 8'))
  })

  it.each([
    ['an error', 15, 0],
    ['a wish for a pause', 0, 100],
  ])('is not kept of an answer with %s', (_what, error, throttle) => {
    const known = new Coordinators()
    known.request(request(1, 'a'))
    known.answer(answer(1, 'node 7', error, throttle))
    expect(known.request(request(2, 'a'))).toBeNull()
  })

  it('does not take the answer to another request for one', () => {
    const known = new Coordinators()
    known.request(request(1, 'a'))
    known.request(request(2, 'x', PRODUCE))
    known.answer(answer(2, 'produced'))
    expect(known.request(request(3, 'a'))).toBeNull()
  })
})
