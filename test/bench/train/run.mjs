import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { recipeOf } from '#spillway/cli/recipe-option.js'
import { beneathRun } from '#spillway/cli/train-config.js'
import { loadYaml, loadYamlOver } from '#spillway/stream/config/load.js'
import { runSchema } from '#spillway/train/config.js'
import { openSample } from '#spillway/train/data/sample.js'
import { createExecutor } from '#spillway/train/executor/index.js'
import { evaluateOn, trainEpoch } from '#spillway/train/fit/run.js'
import { initialise } from '#spillway/train/layers/index.js'
import { scheduleOf, trainProgram } from '#spillway/train/program.js'
import { train } from '#spillway/train/run.js'
import { readResult, runFiles } from '#spillway/train/run-folder.js'
import { readScores } from '#spillway/train/score-file.js'
import { inSplit, scoreTable } from '#spillway/train/score-table.js'

/** A run as `spillway train` would begin it: configuration, sample, network and starting weights. */
export async function openRun(system, sets) {
  const recipe = await recipeOf(system)
  const { config, folder: from } = loadYamlOver(null, beneathRun(recipe, 'quick'), runSchema(recipe), sets)
  const task = recipe.task(config.recipe)
  const sample = await openSample(task, config.data, from)
  const network = task.network(sample.statistics)
  const { parameters } = network
  const program = trainProgram(task, network, config.fit)
  return {
    recipe,
    config,
    from,
    task,
    sample,
    program,
    parameters,
    initial: initialise(parameters, config.seed),
  }
}

const SAME = 1e-5

/**
 * Before training, both must give the same loss on the validation part: the twins are twins. And again after a step at rate
 * zero, which moves nothing but running statistics: both see the same of a batch in training, too. The twin is used up by it.
 */
export async function checkTwin({ program, initial, config, sample }, twin) {
  const { batch } = config.fit
  const validation = sample.dataset('validation', batch)
  const executor = await createExecutor({ executor: 'onnx', threads: 1 }, program, initial)
  try {
    await compareLoss('starting loss', executor, twin, validation)
    for await (const first of sample.dataset('train', batch, config.seed).batches(0)) {
      await executor.step(first, 0)
      await twin.step(first, 0)
      break
    }
    await compareLoss('loss after the first batch', executor, twin, validation)
  } finally {
    await executor.close()
  }
}

async function compareLoss(what, executor, twin, data) {
  const ours = await evaluateOn(executor, data)
  const torch = await evaluateOn(twin, data)
  if (Math.abs(ours.loss - torch.loss) <= SAME * Math.abs(torch.loss)) return
  throw new Error(`the ${what} is ${ours.loss}, PyTorch's ${torch.loss}: not the same network`)
}

/** Trains, or reads back what has been trained, and gives the table of the test part as a scorer has it with the bundle. */
export async function trainOurs({ recipe, config, from }, folder) {
  const files = runFiles(folder)
  if (existsSync(files.result))
    checkSame(config, loadYaml(files.config, runSchema(recipe), [], {}).config, folder)
  else await train({ recipe, config, from, folder, resume: false })
  const { history, seconds } = await readResult(folder)
  return {
    table: inSplit(await readScores(files.scores), 'test'),
    loss: Math.min(...history.map(({ validation }) => validation.loss)),
    seconds: seconds.all,
  }
}

/** What was kept must be what would be trained. */
function checkSame(wanted, kept, folder) {
  for (const part of ['seed', 'data', 'recipe', 'fit']) {
    if (isDeepStrictEqual(wanted[part], kept[part])) continue
    throw new Error(`the run in ${folder} has other settings under ${part}: keep it elsewhere`)
  }
}

/** Trains the twin on the same batches and gives the same table with its scores of the same items. */
export async function scoreTwin({ config, task, sample }, twin, scored) {
  const began = performance.now()
  const { batch, epochs } = config.fit
  const data = sample.dataset('train', batch, config.seed)
  const validation = sample.dataset('validation', batch)
  const schedule = scheduleOf(config.fit, Math.ceil(sample.counts.parts.train / batch))
  let best = Number.POSITIVE_INFINITY
  for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
    const from = { epoch, batch: 0, losses: { sums: {}, weight: 0 } }
    step = (await trainEpoch({ executor: twin, data, schedule, from, step })).step
    const { loss } = await evaluateOn(twin, validation)
    if (loss >= best) continue
    best = loss
    await twin.keep()
  }
  await twin.takeBest()
  const seconds = (performance.now() - began) / 1e3
  return { table: await twinTable(task, sample, twin, scored), loss: best, seconds }
}

/** The table of our scores of the test part with the twin's in their place. */
async function twinTable(task, sample, twin, scored) {
  const scores = task.outputs.flatMap((output) => output.columns.map(() => []))
  const [[target]] = Object.entries(task.targets)
  const truth = []
  for await (const batch of sample.dataset('test', 1024).batches(0)) {
    for (const row of await twin.predict(batch)) for (const [c, value] of row.entries()) scores[c].push(value)
    const { data, shape } = batch[`target.${target}`]
    for (let row = 0; row < shape[0]; row++) truth.push(data[row * shape[1]])
  }
  return withScores(task, scored, scores, truth)
}

/**
 * A table of scored items with other scores in their place, a column for each of the task's outputs.
 * @param truth first component of the first target of those that were scored, by which it is seen that they are the same
 */
export function withScores(task, scored, scores, truth) {
  const columns = task.outputs.flatMap((output) => output.columns)
  const own = scored.column(`target.${Object.values(task.targets)[0][0]}`)
  if (truth.length !== scored.rows || truth.some((value, row) => value !== own[row])) {
    throw new Error('the twin did not see the items that were scored')
  }
  const entries = scored.names.map((name) => {
    const c = columns.findIndex((column) => `score.${column}` === name)
    return [name, c < 0 ? scored.column(name) : Float64Array.from(scores[c])]
  })
  return scoreTable(new Map(entries))
}
