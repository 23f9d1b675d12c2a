import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readBundleFiles, writeBundleFiles } from '#spillway/models/bundle.js'
import { samplerShares } from './drift/sampler.mjs'
import { median, quantile } from './engine/stats.mjs'
import { prepare, runFiles } from './engine/throughput.mjs'
import { numbersIn, parseBench } from './train/options.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const MODEL = join(root, 'demo', 'models', 'polarization')
const ROWS = 2048
const usage = `npm run bench -- drift [options]
  --json FILE    write all figures there
  --quick        fewer events and rounds: to see that it works, not to be quoted
  --events N     events of each run from file to file (1,000,000)
  --rounds N     rounds of with and without, file to file (9)
  --seconds N    of the scorer alone (20)
  --workers N    threads of the pipeline (1)`
const note = (text) => process.stderr.write(`${text}\n`)

/**
 * What following drift costs. From file to file: the demo's MLP with the reference histograms of its manifest and
 * without, per CPU second of all threads, a process a run, in turns; on a machine with other work this is not known to a
 * percent. And the part of the scorer's own time that is spent on it, which is known better and is no less: a pipeline
 * does more than score.
 */
export async function run({ json, quick, argv }) {
  const options = parse(argv, quick)
  if (options === null) return process.stdout.write(`${usage}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  try {
    const models = { with: MODEL, without: join(folder, 'without') }
    withoutReferences(models.with, models.without)
    const scorer = summary(await samplerShares(MODEL, options.seconds))
    print("of the scorer's time", scorer)
    const rates = await fileToFile(models, folder, options)
    const files = { ...summary(rates.with.map((rate, round) => 1 - rate / rates.without[round])), rates }
    print('of CPU, file to file', files)
    const targets = [
      target('drift-files', 'following drift costs <= 2 % of CPU, file to file', files.cost),
      target('drift-scorer', "following drift takes <= 2 % of the scorer's time", scorer.cost),
    ]
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg() }
    const result = { bench: 'drift', options, machine, scorer, files, targets }
    if (json !== null) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
    return result
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function parse(argv, quick) {
  const names = ['events', 'rounds', 'seconds', 'workers']
  const values = parseBench(argv, {
    events: { type: 'string', default: quick ? '100000' : '1000000' },
    rounds: { type: 'string', default: quick ? '1' : '9' },
    seconds: { type: 'string', default: quick ? '2' : '20' },
    workers: { type: 'string', default: '1' },
  })
  return values.help
    ? null
    : Object.fromEntries(names.map((name) => [name, numbersIn(values[name], name)[0]]))
}

/** The same model with nothing to compare its inputs and scores with. */
function withoutReferences(from, to) {
  const files = readBundleFiles(from)
  const { references, ...manifest } = JSON.parse(Buffer.from(files.get('manifest.json')).toString())
  if (Object.keys(references ?? {}).length === 0) throw new Error(`${from} has no references`)
  writeBundleFiles(to, new Map([...files, ['manifest.json', Buffer.from(JSON.stringify(manifest))]]))
}

/** Events per CPU second by round; which goes first changes from round to round. */
async function fileToFile(models, folder, { events, rounds, workers }) {
  const settings = await prepare('mlp', { folder, rows: ROWS, events, workers })
  const rates = { with: [], without: [] }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['with', 'without'] : ['without', 'with']
    for (const name of order) {
      const { ratePerCpu } = await runFiles({ ...settings, step: { model: models[name] } })
      rates[name].push(ratePerCpu)
      note(`round ${round + 1}, ${name}: ${Math.round(ratePerCpu)} events per CPU s`)
    }
  }
  return rates
}

const summary = (costs) => ({
  cost: median(costs),
  quartiles: [quantile(costs, 0.25), quantile(costs, 0.75)],
  rounds: costs.length,
})

const target = (id, text, value) => ({ id, target: text, value, ok: value <= 0.02 })

function print(what, { cost, quartiles: [low, high], rounds }) {
  const percent = (value) => `${(100 * value).toFixed(2)} %`
  const between = `quartiles ${percent(low)} to ${percent(high)}, ${rounds} rounds`
  process.stdout.write(`following drift: ${percent(cost)} ${what} (${between})\n`)
}
