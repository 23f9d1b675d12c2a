// Writes docs/cli.md from the definitions of the commands, and the tables of docs/pipelines.md, docs/training.md and
// docs/optimize.md from the schemas.
// `--check` writes nothing and ends with 1 when a file is not current. Run after `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs'
import { buildProgram } from '../dist/cli/program.js'
import { recipes } from '../dist/models/recipes.js'
import { keysOfSchema } from '../dist/stream/config/keys.js'
import { PipelineSchema } from '../dist/stream/config/schema.js'
import { PipelineTestSchema } from '../dist/stream/pipeline-test/schema.js'
import { runSchema } from '../dist/train/config.js'
import { OptimizeSchema } from '../dist/train/optimize/config.js'

const WIDTH = 100
const at = (path) => new URL(`../${path}`, import.meta.url)

function helpOf(command) {
  let text = ''
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trim()
}

async function cliDocs() {
  const program = await buildProgram()
  const section = (command, path, level) => {
    const name = [...path, command.name()].join(' ')
    const below = command.commands.filter((one) => one.name() !== 'help')
    const own = `${'#'.repeat(level)} ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`
    return [own, ...below.flatMap((one) => section(one, [...path, command.name()], level + 1))]
  }
  const sections = program.commands.flatMap((command) => section(command, ['spillway'], 2))
  const head = `# The command line

Generated from the definitions of the commands by \`node scripts/docs-cli.mjs\`; do not edit.
Results go to standard output, everything else (progress, notes, warnings, errors) to standard error.

\`\`\`text
${helpOf(program)}
\`\`\`
`
  return [head, ...sections].join('\n')
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;')

function rowsOf(key) {
  const standard = key.required
    ? 'required'
    : key.default === undefined
      ? ''
      : `\`${JSON.stringify(key.default)}\``
  const row = `| \`${key.path.replaceAll('|', '\\|')}\` | ${cell(key.type)} | ${standard} | ${cell(key.description)} |`
  return [row, ...key.children.flatMap(rowsOf)]
}

const table = (keys) =>
  ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...keys.flatMap(rowsOf)].join('\n')

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function between(text, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`a page of docs lacks the markers ${open} ${close}`)
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`
}

function pipelineDocs() {
  const text = readFileSync(at('docs/pipelines.md'), 'utf8')
  const keys = between(text, 'keys', table(keysOfSchema(PipelineSchema)))
  return between(keys, 'test-keys', table(keysOfSchema(PipelineTestSchema)))
}

async function trainingDocs() {
  let text = readFileSync(at('docs/training.md'), 'utf8')
  for (const [i, { system, recipe }] of recipes.entries()) {
    const keys = keysOfSchema(runSchema(await recipe()))
    const own = keys.find(({ name }) => name === 'recipe').children
    // What every run has is the same for all; `system` is the recipe's name.
    if (i === 0)
      text = between(text, 'keys', table(keys.filter(({ name }) => name !== 'recipe' && name !== 'system')))
    text = between(text, `recipe-${system}`, table(own))
  }
  return text
}

const optimizeDocs = () =>
  between(readFileSync(at('docs/optimize.md'), 'utf8'), 'optimize-keys', table(keysOfSchema(OptimizeSchema)))

const check = process.argv.includes('--check')
for (const [path, content] of [
  ['docs/cli.md', await cliDocs()],
  ['docs/pipelines.md', pipelineDocs()],
  ['docs/training.md', await trainingDocs()],
  ['docs/optimize.md', optimizeDocs()],
]) {
  if (!check) writeFileSync(at(path), content)
  else if (readFileSync(at(path), 'utf8') !== content) {
    console.error(`${path} is not current: run node scripts/docs-cli.mjs`)
    process.exitCode = 1
  }
}
