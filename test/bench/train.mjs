import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { printTargets } from './engine/report.mjs'
import { median, pairedRatio, quantile } from './engine/stats.mjs'
import { pythonWithTorch } from './engine/venv.mjs'
import { startOurs, startTorch, writeTwin } from './train/contestant.mjs'
import { catalogue } from './train/models.mjs'
import { namesIn, numbersIn, parseBench } from './train/options.mjs'

const LEARNING_RATE = 1e-4
/** First steps from the same weights on the same batch, whose losses must agree: the twins are twins. */
const CHECKED_STEPS = 3
const LOSS_TOLERANCE = 1e-3
/** Seconds of training of each contestant in a round; short, so that both see the same machine. */
const ROUND_SECONDS = 0.4

const usage = `npm run bench -- train [options]
  --json FILE        write all figures there
  --quick            three rounds: to see that it works, not to be quoted
  --rounds N         rounds of each model and number of threads; figures are medians (15)
  --threads 1,2      threads of each contestant
  --models a,b       only these of ${Object.keys(catalogue).join(', ')}`

/** A training step of the ONNX executor against PyTorch eager: CPU seconds at 1 and 2 threads, interleaved. */
export async function run({ json, quick, argv }) {
  const { rounds, models, threads: counts, help } = parse(argv, quick)
  if (help) return process.stdout.write(`${usage}\n`)
  const interpreter = await pythonWithTorch()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  try {
    const lines = []
    for (const id of models) {
      writeTwin(folder, id)
      for (const threads of counts) {
        lines.push(await compare(id, { threads, rounds, interpreter, folder, rate: LEARNING_RATE }))
        print(lines.at(-1))
      }
    }
    const targets = lines.map(targetOf)
    const result = { bench: 'train', rounds, machine: machine(), lines, targets }
    if (json !== null) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
    printTable(lines)
    printTargets(targets)
    return result
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function parse(argv, quick) {
  const values = parseBench(argv, {
    rounds: { type: 'string', default: quick ? '3' : '15' },
    threads: { type: 'string', default: '1,2' },
    models: { type: 'string', default: Object.keys(catalogue).join(',') },
  })
  const rounds = Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds must be a positive number')
  return {
    rounds,
    models: namesIn(values.models, Object.keys(catalogue), 'model'),
    threads: numbersIn(values.threads, 'threads'),
    help: values.help,
  }
}

const machine = () => ({
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  node: process.version,
  load: loadavg(),
})

/** Both contestants in turn, the first to go alternating. */
async function compare(id, settings) {
  const contestants = {
    spillway: await startOurs(id, settings),
    torch: await startTorch(id, settings),
  }
  try {
    const losses = await sameLosses(id, contestants)
    const steps = Object.fromEntries(
      await inTurn(contestants, ['spillway', 'torch'], async (contestant) => {
        const { wall } = await contestant.train(2)
        return Math.max(1, Math.round(ROUND_SECONDS / wall))
      }),
    )
    const cpu = { spillway: [], torch: [] }
    const wall = { spillway: [], torch: [] }
    for (let round = 0; round < settings.rounds; round++) {
      const order = round % 2 === 0 ? ['spillway', 'torch'] : ['torch', 'spillway']
      const taken = await inTurn(contestants, order, (contestant, name) => contestant.train(steps[name]))
      for (const [name, figures] of taken) {
        cpu[name].push(figures.cpu)
        wall[name].push(figures.wall)
      }
    }
    const versions = { ...contestants.spillway.versions, ...contestants.torch.versions }
    return {
      id,
      title: catalogue[id].title,
      threads: settings.threads,
      versions,
      losses,
      ...summary(cpu, wall),
    }
  } finally {
    for (const contestant of Object.values(contestants)) contestant.stop()
  }
}

async function inTurn(contestants, order, fn) {
  const results = []
  for (const name of order) results.push([name, await fn(contestants[name], name)])
  return results
}

async function sameLosses(id, { spillway, torch }) {
  const losses = []
  for (let step = 0; step < CHECKED_STEPS; step++) {
    const [a, b] = [(await spillway.train(1)).loss, (await torch.train(1)).loss]
    if (!(Math.abs(a - b) <= LOSS_TOLERANCE * Math.abs(b))) {
      throw new Error(`${id}: the loss of step ${step + 1} is ${a}, PyTorch's ${b}: not the same model`)
    }
    losses.push([a, b])
  }
  return losses
}

function summary(cpu, wall) {
  const ratios = cpu.spillway.map((own, i) => own / cpu.torch[i])
  return {
    cpuSeconds: { spillway: median(cpu.spillway), torch: median(cpu.torch) },
    wallSeconds: { spillway: median(wall.spillway), torch: median(wall.torch) },
    ratio: pairedRatio(cpu.spillway, cpu.torch),
    ratioQuartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    wallRatio: pairedRatio(wall.spillway, wall.torch),
  }
}

const targetOf = ({ id, title, threads, ratio }) => ({
  id: `train-${id}-${threads}`,
  target: `${title}, ${threads} thread${threads > 1 ? 's' : ''}: CPU seconds a step <= 1.0 x PyTorch`,
  value: Number(ratio.toFixed(3)),
  ok: ratio <= 1,
})

const ms = (seconds) => (seconds * 1e3).toFixed(1)

const print = ({ title, threads, cpuSeconds, ratio }) =>
  process.stderr.write(
    `${title}, ${threads} thread(s): ${ms(cpuSeconds.spillway)} ms CPU a step, PyTorch ${ms(cpuSeconds.torch)}: ${ratio.toFixed(2)}\n`,
  )

function printTable(lines) {
  const head = ['model', 'threads', 'CPU ms', 'PyTorch', 'ratio', 'quartiles', 'wall ms', 'PyTorch', 'ratio']
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const line of lines) {
    table.push([
      line.title,
      line.threads,
      ms(line.cpuSeconds.spillway),
      ms(line.cpuSeconds.torch),
      line.ratio.toFixed(2),
      line.ratioQuartiles.map((q) => q.toFixed(2)).join('–'),
      ms(line.wallSeconds.spillway),
      ms(line.wallSeconds.torch),
      line.wallRatio.toFixed(2),
    ])
  }
  process.stdout.write(`\nA training step, ONNX executor against PyTorch eager\n${table.toString()}\n`)
}
