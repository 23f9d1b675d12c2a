import { join } from 'node:path'
import type { LiveState, Tick } from '#spillway/stream/live/state.js'
import { writeArrow } from './arrow-files.js'
import { columnsText, writeBundle } from './bundles.js'
import { streamOf } from './messages.js'
import { linear } from './onnx.js'
import { pipelineIn, temporary } from './pipelines.js'

const ROWS = 20
export const TOKEN = 'a-token-for-tests'

/** Events with jets and a missing momentum; the first is not finite when `bad`. */
export const liveEvents = (first: number, bad = false): Uint8Array =>
  streamOf({
    event: ['uint64', Array.from({ length: ROWS }, (_, i) => first + i)],
    a: ['float32', Array.from({ length: ROWS }, (_, i) => (bad && i === 0 ? Number.NaN : i))],
    b: ['float32', Array.from({ length: ROWS }, () => 1)],
    'jets.pt': ['float32', Array.from({ length: ROWS }, (_, i) => [50 + i, 20])],
    'jets.eta': ['float32', Array.from({ length: ROWS }, (_, i) => [i / 10, -1])],
    'jets.phi': ['float32', Array.from({ length: ROWS }, () => [0.5, -2])],
    'met.pt': ['float32', Array.from({ length: ROWS }, () => 30)],
    'met.phi': ['float32', Array.from({ length: ROWS }, () => 1)],
  })

export interface LiveSetup {
  readonly name?: string
  /** The `http` section. */
  readonly http?: string
  /** Whether every round of the input holds a dead letter. */
  readonly bad?: boolean
  readonly provider?: 'cpu' | 'auto'
  /** More sections. */
  readonly more?: string
}

/** A pipeline that goes on until it is stopped, at 400 events a second. */
export async function livePipeline(setup: LiveSetup = {}) {
  const { name = 'test', http = `{ token: ${TOKEN} }`, bad = true, provider = 'cpu', more = '' } = setup
  const folder = temporary()
  writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']), 'linear')
  const streams = Array.from({ length: 10 }, (_, i) => liveEvents(i * ROWS, bad && i === 9))
  await writeArrow(join(folder, 'input.arrow'), streams)
  return pipelineIn(
    folder,
    `name: ${name}
description: events for the live page
source: { files: input.arrow, rate: 400, repeat: 0 }
steps:
  - { name: lin, model: lin, provider: ${provider} }
  - select: { chains: { high: { when: lin.y > 20 }, few: { when: lin.y > 0, prescale: 10 } } }
sink: { scores: { files: scores }, dead_letters: { files: dead-letters }, commit: { interval_ms: 50 } }
workers: { count: 1 }
http: ${http}
${more}`,
  )
}

export interface LiveEvent {
  readonly name: string
  readonly data: LiveState | Tick
}

/** The first events of a live page's stream. */
export async function liveStream(url: string, count: number): Promise<LiveEvent[]> {
  const response = await fetch(`${url}/live/events`)
  const events: LiveEvent[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const whole = text.split('\n\n')
    text = whole.pop()!
    for (const one of whole) {
      const name = /^event: (.*)$/m.exec(one)![1]
      events.push({ name, data: JSON.parse(/^data: (.*)$/m.exec(one)![1]) as LiveState | Tick })
    }
    if (events.length >= count) break
  }
  return events
}
