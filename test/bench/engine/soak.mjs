import { spillway } from './contestants.mjs'
import { sample } from './cpu.mjs'
import { cutMessages, loads, repeated } from './loads.mjs'
import { slope } from './stats.mjs'

/** The part of the run in which pools and caches still fill. */
const GROWING = 0.3

/**
 * Memory over time: exactly once from topic to topic at a steady load. Gives the slope of the resident memory after the
 * first part of the run, in MB a minute.
 */
export async function runSoak(settings) {
  const { topics, load, folder, workers, broker, minutes, rate, data } = settings
  const rows = 2048
  const [from, to] = ['soak-in', 'soak-out']
  await topics.create(from, to)
  const messages = repeated(await cutMessages(data ?? loads[load].data, rows), rows, rate)
  const contestant = spillway(load, {
    folder,
    name: 'soak',
    source: { topic: from, group: 'soak' },
    sink: { scores: { topic: to }, delivery: 'exactly_once' },
    workers,
    broker,
    partitions: topics.partitions,
  })
  const points = []
  let sent = 0
  let producer
  try {
    await contestant.ready()
    contestant.say('go')
    await contestant.assigned(topics.partitions)
    producer = await topics.producer()
    const begin = performance.now()
    for (let second = 0; second < minutes * 60; second++) {
      await topics.send(producer, from, messages)
      sent += messages.length * rows
      const { rss } = sample(contestant.pids)
      points.push([(performance.now() - begin) / 60e3, rss / 2 ** 20])
      const wait = begin + (second + 1) * 1e3 - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      if (performance.now() - begin > minutes * 60e3) break
    }
    await contestant.rows(sent, 120)
    const steady = points.slice(Math.floor(points.length * GROWING))
    const span = points.at(-1)[0]
    return {
      minutes: span,
      events: sent,
      slope: slope(steady),
      first: steady[0][1],
      last: steady.at(-1)[1],
      points,
    }
  } finally {
    await contestant.stop().catch(() => {})
    contestant.kill()
    await producer?.disconnect()
    await topics.remove(from, to)
  }
}
