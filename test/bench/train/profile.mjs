// Where the time of a training step goes, by ONNX Runtime's own profiler:
//   npm run build && node test/bench/train/profile.mjs MODEL [THREADS] [STEPS]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { initialise } from '#spillway/train/layers/index.js'
import { StepRunner, traceStep } from '#spillway/train/trace/index.js'
import { modelOf } from './models.mjs'

const [id = 'mlp', threads = '1', steps = '5'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'spillway-profile-'))
const { program, parameters, batch } = modelOf(id)
const runner = await StepRunner.create(ort, traceStep(program), initialise(parameters, 1), {
  intraOpNumThreads: Number(threads),
  enableProfiling: true,
  profileFilePrefix: join(folder, 'step'),
  extra: { session: { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' } },
})
await runner.step(batch, 1e-4)
for (let i = 0; i < Number(steps); i++) await runner.step(batch, 1e-4)
await runner.release()
const [file] = readdirSync(folder)
const events = JSON.parse(readFileSync(join(folder, file), 'utf8'))
rmSync(folder, { recursive: true })
const runs = events.filter(({ name }) => name === 'model_run').slice(1)
const kernels = events.filter((e) => e.name.endsWith('_kernel_time') && e.ts >= runs[0].ts)
const shapes = ({ args }) =>
  (args.input_type_shape ?? []).map((entry) => `[${Object.values(entry).join()}]`).join(' ')
table('by operator', (e) => e.args.op_name)
table('by operator and shapes', (e) => `${e.args.op_name} ${shapes(e)}`)
process.stdout.write(
  `whole step ${(sum(runs) / runs.length / 1e3).toFixed(2)} ms, kernels ${(sum(kernels) / runs.length / 1e3).toFixed(2)} ms\n`,
)

function sum(list) {
  return list.reduce((total, { dur }) => total + dur, 0)
}

function table(title, keyOf) {
  // Map.groupBy needs Node 21.
  const groups = new Map()
  for (const event of kernels) groups.set(keyOf(event), [...(groups.get(keyOf(event)) ?? []), event])
  const rows = [...groups].map(([key, list]) => [
    sum(list) / runs.length / 1e3,
    list.length / runs.length,
    key,
  ])
  process.stdout.write(`\n${title}: ms a step, nodes\n`)
  for (const [ms, count, key] of rows.sort((a, b) => b[0] - a[0]).slice(0, 30)) {
    process.stdout.write(`${ms.toFixed(3).padStart(9)} ${String(count).padStart(4)}  ${key}\n`)
  }
}
