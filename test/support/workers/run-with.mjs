// node run-with.mjs PIPELINE: runs a pipeline to its end with workers that misbehave as its description says.
import { loadPipeline } from '#spillway/stream/config/load.js'
import { assemble } from '#spillway/stream/run.js'

const worker = new URL('./misbehave.mjs', import.meta.url)
const running = await assemble(loadPipeline(process.argv[2]), {}, undefined, worker)
await running.run()
await running.close()
