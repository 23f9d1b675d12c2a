import { loadPipeline } from '#spillway/stream/config/load.js'
import { assemble } from '#spillway/stream/run.js'
import { onOrders, say } from './orders.mjs'

/** A contestant: one Spillway process running a pipeline file, from `go` to the end of its input or `stop`. */
const running = await assemble(
  loadPipeline(process.argv[2]),
  {
    committed: (_id, done) => say({ done: done.reduce((sum, { outcome }) => sum + outcome.rows, 0) }),
    aborted: (_id, error) => console.error(`aborted: ${error.code}: ${error.message}`),
    workerReplaced: (how) => console.error(`a worker was replaced: ${how}`),
  },
  (level, message) => level === 'error' && console.error(message),
)

let stopped
/** Lanes are open once every partition that is ours has a position. */
function tellPartitions() {
  const timer = setInterval(async () => {
    const lanes = await running.metrics.registry.getSingleMetric('spillway_lanes')?.get()
    const count = lanes?.values[0]?.value ?? 0
    if (count === 0) return
    say({ assigned: count })
    if (count === Number(process.argv[3])) clearInterval(timer)
  }, 50)
}

onOrders({
  go: async () => {
    tellPartitions()
    await running.run()
    if (stopped === undefined) say({ finished: true })
  },
  stop: () => {
    stopped ??= running.stop(10_000).then(async () => {
      await running.close()
      process.exit(0)
    })
  },
})
say({ ready: true, models: running.models })
