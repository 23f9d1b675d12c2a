import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { printTargets } from './engine/report.mjs'
import { pythonWithTorch } from './engine/venv.mjs'
import { checkTwin, openRun, scoreTwin, trainOurs } from './train/run.mjs'
import { startTwin } from './train/twin.mjs'

/** What is trained: a system, what differs from its quick preset, and the figures that count. */
const slices = {
  'a1-mlp': {
    title: 'A1 polarization-regression, MLP',
    system: 'polarization-regression',
    file: 'zj_lo.arrow',
    sets: ['fit.epochs=8'],
    figures: { r2_r_l: 'R² of r_L', r2_r_t: 'R² of r_T' },
  },
  'a1-transformer': {
    title: 'A1 polarization-regression, Transformer',
    system: 'polarization-regression',
    file: 'zj_lo.arrow',
    sets: ['recipe.network={"kind":"transformer","size":32,"blocks":2}', 'fit.batch=256', 'fit.epochs=4'],
    figures: { r2_r_l: 'R² of r_L', r2_r_t: 'R² of r_T' },
  },
  'b2-deep-set': {
    title: 'B2 h4l-classifier, Deep Set',
    system: 'h4l-classifier',
    file: 'h4l.arrow',
    sets: ['fit.epochs=20'],
    figures: { auc_ggf: 'AUC', significance_60: 'significance at 60 %' },
  },
  'b2-rnn': {
    title: 'B2 h4l-classifier, RNN',
    system: 'h4l-classifier',
    file: 'h4l.arrow',
    sets: ['recipe.network={"kind":"rnn"}', 'fit.epochs=20'],
    figures: { auc_ggf: 'AUC', significance_60: 'significance at 60 %' },
  },
  c1: {
    title: 'C1 lundnet',
    system: 'lundnet',
    file: 'largeR_jets.arrow',
    sets: ['fit.epochs=4'],
    figures: { auc: 'AUC', rejection_50: 'rejection at 50 %' },
  },
}

const usage = `npm run bench -- twins [options]
  --json FILE        write all figures there
  --quick            one seed and one epoch: to see that it works
  --data FOLDER      the samples zj_lo.arrow, h4l.arrow and largeR_jets.arrow; the small ones of demo/data unless given
  --slices a,b       only these of ${Object.keys(slices).join(', ')}
  --seeds 1,2,3      starting weights, order of the batches, dropout`

/**
 * `spillway train` beside PyTorch eager: the same network from the same starting weights on the same mini-batches, with the
 * same rates and the best epoch chosen alike; both judged by the recipe's figures of merit on the test part.
 */
export async function run({ json, quick, argv }) {
  const options = parse(argv, quick)
  if (options.help) return process.stdout.write(`${usage}\n`)
  const interpreter = await pythonWithTorch()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-twins-'))
  try {
    const lines = []
    for (const id of options.slices) {
      for (const seed of options.seeds)
        lines.push(await compare({ id, seed, interpreter, folder, ...options }))
    }
    const rows = options.slices.flatMap((id) => summaries(id, lines))
    const targets = rows.map(targetOf)
    if (json !== null)
      writeFileSync(json, `${JSON.stringify({ bench: 'twins', lines, rows, targets }, null, 2)}\n`)
    printTable(rows)
    printTargets(targets)
    return { lines, rows, targets }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function parse(argv, quick) {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', default: false },
      data: { type: 'string' },
      slices: { type: 'string', default: Object.keys(slices).join(',') },
      seeds: { type: 'string', default: quick ? '1' : '1,2,3' },
    },
  })
  const chosen = values.slices.split(',')
  const unknown = chosen.find((id) => !(id in slices))
  if (unknown !== undefined) throw new Error(`no slice ${unknown}; there are ${Object.keys(slices)}`)
  return {
    quick,
    data: values.data,
    slices: chosen,
    seeds: values.seeds.split(',').map(Number),
    help: values.help,
  }
}

/** One seed: the figures of both on the same test items. */
async function compare({ id, seed, quick, data, interpreter, folder }) {
  const { title, system, file, sets, figures } = slices[id]
  const all = [
    ...sets,
    `seed=${seed}`,
    'fit.patience=null',
    'executor.threads=1',
    ...(quick ? ['fit.epochs=1'] : []),
  ]
  if (data !== undefined) all.push(`data.files=${JSON.stringify([resolve(data, file)])}`)
  const opened = await openRun(system, all)
  const twin = await startTwin(interpreter, opened)
  try {
    await checkTwin(opened, twin)
    const ours = await trainOurs(opened, join(folder, `${id}-${seed}`))
    const torch = await scoreTwin(opened, twin, ours.scores)
    const of = (metrics) => Object.fromEntries(Object.keys(figures).map((name) => [name, metrics[name]]))
    const line = {
      id,
      seed,
      items: opened.sample.counts.parts,
      epochs: opened.config.fit.epochs,
      spillway: { ...of(ours.metrics), loss: ours.loss, seconds: ours.seconds },
      torch: { ...of(torch.metrics), loss: torch.loss, seconds: torch.seconds },
    }
    process.stderr.write(
      `${title}, seed ${seed}: ${JSON.stringify(line.spillway)} ${JSON.stringify(line.torch)}\n`,
    )
    return line
  } finally {
    twin.stop()
    await opened.sample[Symbol.asyncDispose]()
  }
}

function summaries(id, lines) {
  const own = lines.filter((line) => line.id === id)
  return Object.entries(slices[id].figures).map(([name, figure]) => ({
    id,
    title: slices[id].title,
    name,
    figure,
    items: own[0].items,
    epochs: own[0].epochs,
    spillway: spreadOf(own.map((line) => line.spillway[name])),
    torch: spreadOf(own.map((line) => line.torch[name])),
  }))
}

function spreadOf(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, range: Math.max(...values) - Math.min(...values), values }
}

/** Equal: the means are no further apart than the seeds of either. */
function targetOf({ id, title, name, figure, spillway, torch }) {
  const apart = Math.abs(spillway.mean - torch.mean)
  return {
    id: `twin-${id}-${name}`,
    target: `${title}: ${figure} as PyTorch's, within the range of the seeds`,
    value: Number((spillway.mean - torch.mean).toPrecision(3)),
    ok: apart <= Math.max(spillway.range, torch.range),
  }
}

function printTable(rows) {
  const head = ['model', 'figure', 'spillway', 'range', 'PyTorch', 'range']
  const table = new Table({ head, style: { head: [], border: [] } })
  const digits = (value) => value.toPrecision(4)
  for (const { title, figure, spillway, torch } of rows) {
    const cells = [spillway.mean, spillway.range, torch.mean, torch.range].map(digits)
    table.push([title, figure, ...cells])
  }
  process.stdout.write(`\nTest part, means over the seeds\n${table.toString()}\n`)
}
