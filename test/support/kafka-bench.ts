import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openKafka } from '#spillway/stream/kafka/index.js'
import type { KafkaClient, KafkaRecord } from '#spillway/stream/kafka/port.js'
import { startKafka } from '../../scripts/servers/kafka.mjs'
import { columnsText, writeBundle } from './bundles.js'
import { kafkaConfig } from './kafka.js'
import { streamOf } from './messages.js'
import { linear } from './onnx.js'
import { temporary } from './pipelines.js'
import { type Child, spillway } from './processes.js'

export const range = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)

/** Events of a message of `eventsFrom`. */
export const ROWS = 5

/** A message of events numbered from `first` on; `lin` gives y = 2 × (row in the message) + event number. */
export const eventsFrom = (first: number, rows = ROWS): Uint8Array =>
  streamOf({
    event: ['uint64', range(rows, first)],
    a: ['float32', range(rows)],
    b: ['float32', range(rows, first)],
  })

/** Topics of one test. */
export interface Names {
  readonly id: string
  readonly input: string
  readonly scores: string
  readonly dead: string
  readonly accepted: string
}

export const STEPS = 'steps: [{ name: lin, model: lin }]'

/** A pipeline from topic to topic; `more` goes into its sink. */
export const topics = ({ input, scores, dead }: Names, more = ''): string => `${STEPS}
source: { topic: ${input} }
sink: { scores: { topic: ${scores} }, dead_letters: { topic: ${dead} }, commit: { interval_ms: 50 }${more} }`

export type Bench = Awaited<ReturnType<typeof openBench>>

/** A broker of its own, a client, and pipelines as processes. Close it. */
export async function openBench() {
  const broker = await startKafka({ heap: '512m' })
  const client: KafkaClient = await openKafka(kafkaConfig([broker.bootstrap]))
  const children: Child[] = []
  let count = 0
  return {
    client,
    /** New topics, and a pipeline file that names them. */
    async setUp(partitions: number, text: (names: Names) => string) {
      const id = `t${++count}`
      const [input, scores, dead, accepted] = ['in', 'scores', 'dead', 'accepted'].map(
        (end) => `${id}-${end}`,
      )
      const names: Names = { id, input, scores, dead, accepted }
      for (const topic of [input, scores, dead, accepted]) await client.admin().create(topic, { partitions })
      const folder = temporary()
      writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']))
      const file = join(folder, 'pipeline.yaml')
      writeFileSync(
        file,
        `name: ${id}
kafka: { brokers: ['${broker.bootstrap}'], session_timeout_ms: 3000 }
workers: { count: 1 }
${text(names)}
`,
      )
      return { ...names, folder, file }
    },
    start(file: string, ...args: string[]): Child {
      const child = spillway('run', file, '--quiet', ...args)
      children.push(child)
      return child
    },
    async produce(records: readonly KafkaRecord[]): Promise<void> {
      const producer = client.producer()
      await producer.send(records)
      await producer.close()
    },
    async close(): Promise<void> {
      for (const child of children) child.kill('SIGKILL')
      await client.close()
      await broker.stop()
    },
  }
}
