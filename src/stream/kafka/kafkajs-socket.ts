import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { Coordinators } from './kafkajs-coordinators.js'

const KEEP_ALIVE_MS = 60_000
const READ_BYTES = 256 * 1024
/** Larger than any answer of a broker to the requests made here; what says more is not a broker. */
const MOST_BYTES = 512 * 1024 * 1024
const SIZE_BYTES = 4

/**
 * Sockets that read into one buffer of their own and hand out whole answers. By default every read makes a new buffer
 * of some kB outside V8's heap, and the collections that those bring about cost more than all else a consumer does.
 * They also remember who coordinates what (see `Coordinators`), and send every request at once: the library leaves
 * Nagle's algorithm on, by which a second request may wait for the acknowledgement of the first, up to 40 ms. Encrypted
 * connections are as Node makes them: its TLS streams cannot read into a given buffer.
 */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : framed(host, port, onConnect)
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
}

function framed(host: string, port: number, onConnect: () => void): Socket {
  const coordinators = new Coordinators()
  const frames = new Frames(
    (frame) => {
      coordinators.answer(frame)
      socket.emit('data', frame)
    },
    (size) => socket.destroy(new Error(`an answer of ${size} bytes: ${host}:${port} is not a Kafka broker`)),
  )
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes, buffer) => frames.push(buffer.subarray(0, bytes)),
  }
  const socket = connectPlain({ host, port, onread }, onConnect)
  return answering(socket, coordinators)
}

/** A socket that does not send what it knows the answer to. */
function answering(socket: Socket, coordinators: Coordinators): Socket {
  const send = socket.write.bind(socket) as (data: Uint8Array, encoding?: BufferEncoding) => boolean
  const write = (data: Uint8Array, encoding?: BufferEncoding): boolean => {
    const answer = coordinators.request(data)
    if (answer === null) return send(data, encoding)
    process.nextTick(() => {
      if (!socket.destroyed) socket.emit('data', answer)
    })
    return true
  }
  return Object.assign(socket, { write })
}

/** Cuts a stream into its frames: a size (big endian, without itself), and as many bytes. */
export class Frames {
  readonly #whole: (frame: Buffer) => void
  readonly #refuse: (size: number) => void
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #frame: Buffer | null = null
  /** Bytes there of the frame, its size included. */
  #have = 0

  /** `whole` gets every frame with its size in front, in memory of its own; after `refuse` nothing comes any more. */
  constructor(whole: (frame: Buffer) => void, refuse: (size: number) => void) {
    this.#whole = whole
    this.#refuse = refuse
  }

  /** Reads `bytes` before it returns. @returns whether to go on */
  push(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; ) {
      const into: Buffer = this.#frame ?? this.#size
      const taken = Math.min(into.length - this.#have, bytes.length - at)
      into.set(bytes.subarray(at, at + taken), this.#have)
      at += taken
      this.#have += taken
      if (this.#frame === null && this.#have === SIZE_BYTES && !this.#begin()) return false
      if (this.#frame !== null && this.#have === this.#frame.length) this.#finish(this.#frame)
    }
    return true
  }

  #begin(): boolean {
    const size = this.#size.readInt32BE()
    if (size < 0 || size > MOST_BYTES) {
      this.#refuse(size)
      return false
    }
    this.#frame = Buffer.allocUnsafe(SIZE_BYTES + size)
    this.#frame.set(this.#size)
    return true
  }

  #finish(frame: Buffer): void {
    this.#frame = null
    this.#have = 0
    this.#whole(frame)
  }
}
