import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { printTargets } from './engine/report.mjs'
import { pythonWithTorch, pythonWithTrees } from './engine/venv.mjs'
import { aheadOf, keptScores, wholeOf } from './train/compared.mjs'
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
  --set a.b=value    another setting of every run, data.fraction=0.2 for instance; may be repeated
  --keep FOLDER      where runs and scores stay; what is there already is not trained again`

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
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'spillway-twins-'))
  try {
    const lines = []
    const rows = []
    for (const id of options.slices) {
      const compared = []
      for (const seed of options.seeds) {
        compared.push(await compare({ id, seed, folder, pythons, ...options }))
        lines.push(compared.at(-1).line)
        save(json, lines)
      }
      const aheadIn = aheadOf(compared, slices[id].figures)
      const found = rowsOf(compared.map(({ line }) => line))
      rows.push(...found.map((row) => ({ ...row, ...aheadIn(row.peer, row.name) })))
    }
    const targets = rows.map(targetOf)
    printTable(rows)
    printTargets(targets)
    const all = { bench: 'twins', lines, rows, targets }
    if (json !== null) writeFileSync(json, `${JSON.stringify(all, null, 2)}\n`)
    return all
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

function parse(argv, quick) {
  const values = parseBench(argv, {
    data: { type: 'string' },
    slices: { type: 'string', default: Object.keys(slices).join(',') },
    peer: { type: 'string', default: Object.keys(peers).join(',') },
    seeds: { type: 'string', default: quick ? '1' : '1,2,3' },
    set: { type: 'string', multiple: true, default: [] },
    keep: { type: 'string' },
  })
  return {
    data: values.data,
    slices: namesIn(values.slices, Object.keys(slices), 'slice'),
    wanted: namesIn(values.peer, Object.keys(peers), 'peer'),
    seeds: numbersIn(values.seeds, 'seeds'),
    sets: [...(quick ? ['fit.epochs=1'] : []), ...values.set],
    keep: values.keep,
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

/** One seed: our figures and those of each peer on the same test items, those of all folds together. */
async function compare({ id, seed, wanted, ...rest }) {
  const { title, folds = 1, ...slice } = slices[id]
  const peerNames = peersOf(slice, wanted)
  const trained = []
  for (let fold = 0; fold < folds; fold++)
    trained.push(await trainFold({ id, seed, fold, folds, peerNames, slice, ...rest }))
  const [{ task, items, epochs }] = trained
  const figuresOf = (contestant) => wholeOf(task, slice.figures, trained.map(contestant))
  const ours = figuresOf(({ ours }) => ours)
  const theirs = peerNames.map((peer) => [peer, figuresOf(({ found }) => found[peer])])
  const line = {
    ...{ id, seed, folds, items, epochs, spillway: ours.facts },
    peers: Object.fromEntries(theirs.map(([peer, { facts }]) => [peer, facts])),
  }
  process.stderr.write(`${title}, seed ${seed}: ${JSON.stringify(line)}\n`)
  const tables = {
    spillway: ours.table,
    ...Object.fromEntries(theirs.map(([peer, { table }]) => [peer, table])),
  }
  return { line, tables, task }
}

/** Ours and the peers on one division of the sample; what lies in the folder already is read back. */
async function trainFold({ id, seed, fold, folds, slice, sets, data, pythons, peerNames, folder }) {
  const given =
    data === undefined ? [] : [`data.files=${JSON.stringify(slice.files.map((f) => resolve(data, f)))}`]
  const parts = folds === 1 ? [] : [`data.split.test=${1 / folds}`, `data.split.rotate=${fold / folds}`]
  const fixed = [`seed=${seed}`, 'fit.patience=null', 'executor.threads=1']
  const opened = await openRun(slice.system, [...slice.sets, ...parts, ...fixed, ...given, ...sets])
  try {
    const run = join(folder, `${id}-seed${seed}-fold${fold}`)
    const ours = await trainOurs(opened, run)
    const found = {}
    for (const peer of peerNames) {
      const answer = () => scoresOf[peer](opened, pythons[peer], ours.table)
      found[peer] = await keptScores(join(run, `${peer}.json`), opened.task, ours.table, answer)
    }
    return {
      task: opened.task,
      items: opened.sample.counts.parts,
      epochs: opened.config.fit.epochs,
      ours,
      found,
    }
  } finally {
    await opened.sample[Symbol.asyncDispose]()
  }
}

const pythonOf = {
  torch: pythonWithTorch,
  authors: pythonWithTorch,
  xgboost: pythonWithTrees,
  'xgboost-graph': pythonWithTrees,
  'xgboost-all': pythonWithTrees,
}

/** What each peer makes of an opened run: the table of our scores with its own. */
const scoresOf = {
  torch: (opened, python, scores) => trainTorch('same', opened, python, scores),
  authors: (opened, python, scores) => trainTorch('authors', opened, python, scores),
  xgboost: (opened, python, scores) => scoreTrees(opened, python, scores, 'inputs'),
  'xgboost-graph': (opened, python, scores) => scoreTrees(opened, python, scores, 'graph'),
  'xgboost-all': (opened, python, scores) => scoreTrees(opened, python, scores, 'all'),
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
