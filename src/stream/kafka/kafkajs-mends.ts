import Runner from 'kafkajs/src/consumer/runner.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import { ropeInto } from './kafkajs-rope.js'

const { processData } = Connection.prototype
const { scheduleCheckPendingRequests } = RequestQueue.prototype
const { start } = Runner.prototype

/**
 * Mends four things of kafkajs 2.2.4 that cost a scorer time, for all its clients in this process:
 *
 * - Once a connection has had an answer it looks for waiting requests every millisecond for as long as it lives, since
 *   it schedules the next look at a time that is past. Answers and new requests look by themselves: only a request that
 *   waits already needs a timer.
 * - It joins every answer with the end of the one before, which is empty: a copy of all that is read, and the answer
 *   before stays in memory meanwhile.
 * - What it sends is copied eight times, level by level, into buffers that are set to zero first: see `ropeInto`.
 * - A consumer that finds no broker in its list any more gives up at once, without leaving its group: whoever joins next
 *   waits until the session of that ghost has timed out. It asks the brokers of its configuration first.
 */
export function mendKafkajs(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = scheduleWhereOneWaits
  Connection.prototype.processData = processFrames
  Runner.prototype.start = startWithBrokers
  ropeInto(Encoder.prototype)
}

/** A runner is started once. */
function startWithBrokers(this: Runner): Promise<void> {
  const { fetchManager, consumerGroup } = this
  const fetch = fetchManager.start
  fetchManager.start = async () => {
    if (consumerGroup.getNodeIds().length === 0) await consumerGroup.cluster.refreshMetadata()
    await fetch()
  }
  return start.call(this)
}

function scheduleWhereOneWaits(this: RequestQueue): void {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this)
}

function processFrames(this: Connection, data: Buffer): void {
  if (this.bytesBuffered === 0) this.chunks = []
  processData.call(this, data)
}
