import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { printTargets } from './engine/report.mjs'
import { pythonWithTorch, pythonWithTrees } from './engine/venv.mjs'
import { namesIn, numbersIn, parseBench } from './train/options.mjs'
import { checkTwin, openRun, scoreTwin, trainOurs } from './train/run.mjs'
import { peers, peersOf, slices } from './train/slices.mjs'
import { printTable, rowsOf, targetOf } from './train/summary.mjs'
import { startTorch } from './train/torch.mjs'
import { scoreTrees } from './train/trees.mjs'

const usage = `npm run bench -- twins [options]
  --json FILE        write all figures there, after every run
  --quick            one seed and one epoch: to see that it works
  --data FOLDER      full samples, as ${slices['a1-mlp'].files}; the small ones of demo/data unless given
  --slices a,b       only these of ${Object.keys(slices).join(', ')}
  --peer a,b         only these of ${Object.keys(peers).join(', ')}
  --seeds 1,2,3      starting weights, order of the batches, dropout
  --set a.b=value    another setting of every run, data.fraction=0.2 for instance; may be repeated`

/**
 * `spillway train` beside its twins, on the same items in the same parts, all judged by the recipe's figures of merit on the
 * test part. PyTorch eager trains the same network from the same starting weights, or LundNet in its authors' layout, on the
 * same mini-batches with the same rates, the best epoch chosen alike. XGBoost fits trees on high-level inputs.
 */
export async function run({ json, quick, argv }) {
  const options = parse(argv, quick)
  if (options.help) return process.stdout.write(`${usage}\n`)
  const pythons = {}
  for (const peer of options.wanted) pythons[peer] = await pythonOf[peer]()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-twins-'))
  try {
    const lines = []
    for (const id of options.slices) {
      for (const seed of options.seeds) {
        lines.push(await compare({ id, seed, folder, pythons, ...options }))
        save(json, lines)
      }
    }
    const rows = rowsOf(lines)
    const targets = rows.map(targetOf)
    printTable(rows)
    printTargets(targets)
    return { lines, rows, targets }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function parse(argv, quick) {
  const values = parseBench(argv, {
    data: { type: 'string' },
    slices: { type: 'string', default: Object.keys(slices).join(',') },
    peer: { type: 'string', default: Object.keys(peers).join(',') },
    seeds: { type: 'string', default: quick ? '1' : '1,2,3' },
    set: { type: 'string', multiple: true, default: [] },
  })
  return {
    data: values.data,
    slices: namesIn(values.slices, Object.keys(slices), 'slice'),
    wanted: namesIn(values.peer, Object.keys(peers), 'peer'),
    seeds: numbersIn(values.seeds, 'seeds'),
    sets: [...(quick ? ['fit.epochs=1'] : []), ...values.set],
    help: values.help,
  }
}

/** A run that is cut off leaves what it found. */
function save(json, lines) {
  if (json === null) return
  const rows = rowsOf(lines)
  const found = { bench: 'twins', lines, rows, targets: rows.map(targetOf) }
  writeFileSync(json, `${JSON.stringify(found, null, 2)}\n`)
}

/** One seed: our figures and those of each peer on the same test items. */
async function compare({ id, seed, sets, data, wanted, folder, pythons }) {
  const { title, system, files, figures, ...slice } = slices[id]
  const given = data === undefined ? [] : [`data.files=${JSON.stringify(files.map((f) => resolve(data, f)))}`]
  const fixed = [`seed=${seed}`, 'fit.patience=null', 'executor.threads=1']
  const opened = await openRun(system, [...slice.sets, ...fixed, ...given, ...sets])
  try {
    const { scores, ...ours } = await trainOurs(opened, join(folder, `${id}-${seed}`))
    const only = ({ metrics, ...rest }) => ({
      ...Object.fromEntries(Object.keys(figures).map((name) => [name, metrics[name]])),
      ...rest,
    })
    const found = {}
    for (const peer of peersOf(slice, wanted))
      found[peer] = only(await scoresOf[peer](opened, pythons[peer], scores))
    const { epochs } = opened.config.fit
    const line = { id, seed, items: opened.sample.counts.parts, epochs, spillway: only(ours), peers: found }
    process.stderr.write(`${title}, seed ${seed}: ${JSON.stringify(line)}\n`)
    return line
  } finally {
    await opened.sample[Symbol.asyncDispose]()
  }
}

const pythonOf = { torch: pythonWithTorch, authors: pythonWithTorch, xgboost: pythonWithTrees }

/** What each peer makes of an opened run: figures on the items of our scores. */
const scoresOf = {
  torch: (opened, python, scores) => trainTorch('same', opened, python, scores),
  authors: (opened, python, scores) => trainTorch('authors', opened, python, scores),
  xgboost: scoreTrees,
}

async function trainTorch(layout, opened, python, scores) {
  if (layout === 'same') await withTorch(layout, opened, python, (twin) => checkTwin(opened, twin))
  return withTorch(layout, opened, python, (twin) => scoreTwin(opened, twin, scores))
}

async function withTorch(layout, opened, python, use) {
  const twin = await startTorch(python, layout, opened)
  try {
    return await use(twin)
  } finally {
    twin.stop()
  }
}
