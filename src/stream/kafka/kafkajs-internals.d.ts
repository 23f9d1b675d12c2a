declare module 'kafkajs/src/network/connection.js' {
  /** A connection to one broker. */
  export default class Connection {
    /** What has come and is not answered for yet, and its bytes. */
    chunks: Buffer[]
    bytesBuffered: number
    processData(data: Buffer): void
  }
}

declare module 'kafkajs/src/consumer/runner.js' {
  /** Fetches for one membership of a group, over and over. */
  export default class Runner {
    readonly fetchManager: { start(): Promise<void> }
    readonly consumerGroup: {
      getNodeIds(): readonly string[]
      readonly cluster: { refreshMetadata(): Promise<unknown> }
    }
    start(): Promise<void>
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The requests of one connection. */
  export default class RequestQueue {
    /** Requests that wait for others to be answered, or for the end of a throttling. */
    readonly pending: readonly unknown[]
    /** By `Date.now()`; -1 when the broker never asked for less. */
    readonly throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/protocol/encoder.js' {
  /** Writes a request, or a part of one. */
  export default class Encoder {
    /** What is written, and how much of it. */
    buf: Buffer
    offset: number
    get buffer(): Buffer
    size(): number
    ensureAvailable(length: number): void
    writeBufferInternal(buffer: Buffer): void
    writeEncoder(value: Encoder): this
    writeEncoderArray(values: readonly Encoder[]): this
  }
}
