import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ceiling, python, spillway } from './contestants.mjs'
import { sample, threads } from './cpu.mjs'
import { cutMessages, loads, repeated, writeInput } from './loads.mjs'

/**
 * What every consumer scores before the clock starts: models and caches are warm then, and V8 has compiled what is hot (a
 * scorer that runs for days does not notice). It counts calls: many small messages of the light model do for it in
 * seconds what large ones would in a minute.
 */
const WARM = { mlp: { messages: 16_384, rows: 64 }, transformer: { messages: 768, rows: 32 } }
const warmRows = (load) => WARM[load].messages * WARM[load].rows
/** Left over in the file when the clock stops, so that it stops, as it starts, at a commit in full flow. */
const TAIL_SHARE = 0.3
const SETTLE_MS = 300
const POLL_MS = 100

/**
 * Wall and CPU from the mark to the last row finished. The mark is the commit that makes the topic visible (Kafka), the
 * first commit after the warm rows (files) or `go` (ceiling). CPU is that of the contestant's processes with all threads, from /proc. `busy` is the share of
 * the cores' time that the contestant used of what others left it: CPU / (CPU + idle).
 */
async function clocked(contestant, rows, begin) {
  const memory = []
  const timer = setInterval(() => memory.push(sample(contestant.pids).rss), POLL_MS)
  const start = sample(contestant.pids)
  const threadsBefore = threads(contestant.pids[0])
  const before = contestant.done
  await begin()
  await contestant.rows(before + rows)
  const end = sample(contestant.pids)
  const spent = [...threads(contestant.pids[0])].map(([id, cpu]) => cpu - (threadsBefore.get(id) ?? 0))
  clearInterval(timer)
  const cpu = end.cpu - start.cpu
  const wall = end.at - start.at
  return {
    rows,
    wall,
    cpu,
    rate: rows / wall,
    ratePerCpu: rows / cpu,
    busy: cpu / (cpu + (end.idle - start.idle)),
    threads: spent.filter((cpu) => cpu >= 0.01),
    rssMb: Math.max(end.rss, ...memory) / 2 ** 20,
  }
}

async function finishing(contestant, body) {
  try {
    return await body()
  } finally {
    await contestant.stop().catch(() => {})
    contestant.kill()
  }
}

/** What all rounds of one load share. */
export async function prepare(load, settings) {
  const { rows, events, folder, data } = settings
  const messages = await cutMessages(data ?? loads[load].data, rows)
  const small = await cutMessages(data ?? loads[load].data, WARM[load].rows)
  const warm = repeated(small, WARM[load].rows, warmRows(load))
  const input = join(folder, `${load}.arrow`)
  await writeInput(input, [...warm, ...repeated(messages, rows, (1 + TAIL_SHARE) * events)])
  return {
    ...settings,
    load,
    input,
    messages: repeated(messages, rows, events),
    warm,
    total: Math.ceil(events / rows) * rows,
  }
}

/** (a) */
export async function runCeiling({ load, workers, rows, batch, total }) {
  const contestant = ceiling(load, { workers, rows, batch, events: total })
  return finishing(contestant, async () => {
    await contestant.ready()
    return clocked(contestant, total, () => contestant.say('go'))
  })
}

/** (b) */
export async function runFiles({ load, folder, input, workers, total, step }) {
  const out = join(folder, 'scores')
  rmSync(out, { recursive: true, force: true })
  const source = { files: input }
  const sink = { scores: { files: out } }
  const contestant = spillway(load, { folder, name: 'bench-files', source, sink, workers, step })
  try {
    return await finishing(contestant, async () => {
      await contestant.ready()
      contestant.say('go')
      await contestant.rows(warmRows(load))
      return clocked(contestant, total, () => {})
    })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** Runs one consumer of a topic: warm first, then everything at once. */
async function runTopic(settings, round, name, start) {
  const { topics, load, messages, warm, total } = settings
  const from = `${load}-${name}-${round}-in`
  const to = `${load}-${name}-${round}-out`
  await topics.create(from, to)
  const contestant = start({ from, to, group: `${load}-${name}-${round}` })
  try {
    return await finishing(contestant, async () => {
      await contestant.ready()
      contestant.say('go')
      await contestant.assigned(topics.partitions)
      await topics.fill(from, warm)
      await contestant.rows(warmRows(load))
      const open = await topics.fillHidden(from, messages)
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      const result = await clocked(contestant, total, open)
      const delivered = await topics.tally(to, warmRows(load) + total)
      return {
        ...result,
        delivered: delivered.rows - warmRows(load),
        mean: delivered.mean,
        versions: contestant.report('versions'),
      }
    })
  } finally {
    await topics.remove(from, to)
  }
}

/** (c) */
export const runKafka = (settings, round, delivery) =>
  runTopic(settings, round, delivery.replace('_', '-'), ({ from, to, group }) =>
    spillway(settings.load, {
      folder: settings.folder,
      name: group.replaceAll('_', '-'),
      source: { topic: from, group },
      sink: { scores: { topic: to }, delivery, commit: { interval_ms: 200 } },
      workers: settings.workers,
      broker: settings.broker,
      partitions: settings.topics.partitions,
      step: settings.step,
      flags: settings.flags,
    }),
  )

/** (d) */
export const runPython = (settings, round) =>
  runTopic(settings, round, 'python', ({ from, to, group }) =>
    python(settings.load, { ...settings, group, from, to }),
  )
