import { python, spillway } from './contestants.mjs'
import { cutMessages, loads, repeated } from './loads.mjs'
import { quantile } from './stats.mjs'

/** At 100 messages a second V8 and the broker's Java compile for half a minute what they then run for days. */
const WARM_SECONDS = 40

/**
 * Latency at a paced load: from just before a message is handed to the producer until a committed reader of the output
 * topic, which is not the contestant's, has its scores. Scores carry the timestamp of their message, and timestamps
 * differ, so that they name the message. The first seconds are not counted.
 */
async function paced(settings, contestant, from, to) {
  const { topics, load, rate, rows, seconds, data } = settings
  const messages = repeated(await cutMessages(data ?? loads[load].data, rows), rows, rate)
  const sent = new Map()
  const latencies = []
  let producer
  let end
  try {
    await contestant.ready()
    contestant.say('go')
    await contestant.assigned(topics.partitions)
    end = await topics.follow(
      to,
      ({ timestamp }) => {
        const entry = sent.get(timestamp)
        if (entry === undefined) return
        sent.delete(timestamp)
        if (entry.counts) latencies.push(performance.now() - entry.at)
      },
      5,
    )
    producer = await topics.producer({ maxInFlightRequests: 5, idempotent: false })
    const count = Math.ceil(((seconds + WARM_SECONDS) * rate) / rows)
    const gap = (1e3 * rows) / rate
    const begin = performance.now()
    const base = Date.now()
    const sends = []
    let last = 0
    for (let index = 0; index < count; index++) {
      const due = begin + index * gap
      const wait = due - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      last = Math.max(last + 1, Math.round(base + index * gap))
      const value = messages[index % messages.length]
      sent.set(String(last), { at: performance.now(), counts: index * gap >= WARM_SECONDS * 1e3 })
      sends.push(topics.sendOne(producer, from, index % topics.partitions, value, String(last)))
    }
    await Promise.all(sends)
    for (let tries = 0; sent.size > 0 && tries < 200; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      max: quantile(latencies, 1),
      messages: latencies.length,
      missing: sent.size,
      rate: (count * rows) / ((performance.now() - begin) / 1e3),
    }
  } finally {
    await contestant.stop().catch(() => {})
    contestant.kill()
    await end?.()
    await producer?.disconnect()
    await topics.remove(from, to)
  }
}

/** One contestant's latency; `who` is `python`, `at_least_once` or `exactly_once`. */
export async function runLatency(settings, round, who) {
  const { topics, load, folder, workers, broker, intervalMs } = settings
  const name = `latency-${who.replaceAll('_', '-')}-${round}`
  const [from, to] = [`${name}-in`, `${name}-out`]
  await topics.create(from, to)
  const contestant =
    who === 'python'
      ? python(load, { ...settings, group: name, from, to })
      : spillway(load, {
          folder,
          name,
          source: { topic: from, group: name },
          sink: {
            scores: { topic: to },
            delivery: who,
            commit: { interval_ms: who === 'exactly_once' ? intervalMs : 200 },
          },
          workers,
          broker,
          partitions: topics.partitions,
          flags: settings.flags,
        })
  return paced(settings, contestant, from, to)
}
