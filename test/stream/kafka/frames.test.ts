import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Frames, socketFactory } from '#spillway/stream/kafka/kafkajs-socket.js'

const frame = (body: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}
const bodies = [0, 1, 7, 4096, 300_000, 3].map((length, i) => Buffer.alloc(length, i + 1))
const stream = Buffer.concat(bodies.map(frame))

/** Not toEqual: it compares buffers element by element, for seconds. */
function expectWhole(got: readonly Buffer[]): void {
  expect(got.map(({ length }) => length)).toEqual(bodies.map(({ length }) => length + 4))
  expect(Buffer.concat(got).equals(stream)).toBe(true)
}

describe('frames of a Kafka connection', () => {
  it.each([1, 3, 4, 5, 1000, 65_536, stream.length])(
    'are whole however the bytes come (%i at once)',
    (step) => {
      const got: Buffer[] = []
      const frames = new Frames(
        (one) => got.push(one),
        (size) => expect.fail(`refused ${size}`),
      )
      for (let at = 0; at < stream.length; at += step) {
        const bytes = Buffer.from(stream.subarray(at, at + step))
        if (!frames.push(bytes)) expect.fail('refused')
        // The memory is the socket's: it is written over by the next read.
        bytes.fill(0xff)
      }
      expectWhole(got)
    },
  )

  it('refuses a size that no broker sends', () => {
    for (const size of [-1, 0x48_54_54_50]) {
      const refused: number[] = []
      const frames = new Frames(
        () => expect.fail('a frame'),
        (one) => refused.push(one),
      )
      const head = Buffer.alloc(8)
      head.writeInt32BE(size)
      expect(frames.push(head)).toBe(false)
      expect(refused).toEqual([size])
    }
  })
})

describe('socket', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  const serve = (answer: Buffer): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((socket) => socket.end(answer))
      closers.push(() => server.close())
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })

  it('gives whole answers and then the end', async () => {
    const port = await serve(stream)
    const got: Buffer[] = []
    await new Promise<void>((resolve, reject) => {
      const socket = socketFactory({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => {} })
      socket.on('data', (one: Buffer) => got.push(one))
      socket.on('end', resolve)
      socket.on('error', reject)
    })
    expectWhole(got)
  })

  it('fails when something else than a broker answers', async () => {
    const port = await serve(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const socket = socketFactory({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => {} })
    socket.on('data', () => {})
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve))
    expect(error.message).toContain('is not a Kafka broker')
  })
})
