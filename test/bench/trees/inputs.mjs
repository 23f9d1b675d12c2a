// Writes what a finished run was trained on as a plain matrix, for a twin in another library: the same events in the same parts,
// with the same weights.
//   node test/bench/trees/inputs.mjs RUN OUT [column,column…]
// Without columns the inputs are those of the run's own feature builder, flattened (fixed shapes only).
// OUT.f32: rows of float32; OUT.json: their names, the first four of which are split, class, training weight, event weight.

import { once } from 'node:events'
import { createWriteStream, writeFileSync } from 'node:fs'
import { recipes } from '../../../dist/models/recipes.js'
import { loadYaml } from '../../../dist/stream/config/load.js'
import { runSchema } from '../../../dist/train/config.js'
import { ItemReader } from '../../../dist/train/data/item-tensors.js'
import { openSample } from '../../../dist/train/data/sample.js'
import { readResult, runFiles } from '../../../dist/train/run-folder.js'
import { SPLITS } from '../../../dist/train/score-table.js'

const [, , run, out, list] = process.argv
const { system } = await readResult(run)
const recipe = await recipes.find((one) => one.system === system).recipe()
const { config } = loadYaml(runFiles(run).config, runSchema(recipe), [], {})
const task = recipe.task(config.recipe)
const columns = list?.split(',') ?? null
await using sample = await openSample(task, config.data, '/')

const file = createWriteStream(`${out}.f32`)
let rows = 0
let width = 0
for (let index = 0; index < sample.blocks.count; index++) {
  const { events, features, labels, parts, rows: eventOf } = await sample.blocks.read(index)
  const reader = new ItemReader(task.builder, features)
  const values = columns?.map((path) => events.column(path).values)
  for (let item = 0; item < parts.length; item++) {
    if (parts[item] >= SPLITS.length || labels.keep[item] !== 1) continue
    const inputs =
      values?.map((column) => column[eventOf[item]]) ?? reader.read(item).flatMap((tensor) => [...tensor])
    const row = [
      parts[item],
      labels.classes[item],
      sample.weighting(labels, item),
      labels.weights[item],
      ...inputs,
    ]
    width = row.length
    rows++
    if (!file.write(Buffer.from(Float32Array.from(row).buffer))) await once(file, 'drain')
  }
}
file.end()
await once(file, 'finish')
const own = () => Array.from({ length: width - 4 }, (_, k) => `input${k}`)
const names = ['split', 'class', 'weight', 'event_weight', ...(columns ?? own())]
writeFileSync(`${out}.json`, JSON.stringify({ system, classes: task.classes, rows, names }))
