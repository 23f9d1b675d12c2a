import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * `npm run bench -- NAME [--json FILE] [--quick] …`: runs the bench of that name, which is the module NAME.mjs beside
 * this file. Each exports `run({ json, quick, argv })`, prints a table, and writes to `json` its figures, among them
 * `targets: [{ id, target, value, ok }]`.
 */
const here = dirname(fileURLToPath(import.meta.url))
const names = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => basename(file, '.mjs'))

const [name, ...argv] = process.argv.slice(2)
const file = join(here, `${name}.mjs`)
if (name === undefined || !names.includes(name) || !existsSync(file)) {
  console.error(`usage: npm run bench -- ${names.join('|')} [--json FILE] [--quick] …`)
  process.exit(name === '--help' || name === 'help' ? 0 : 1)
}
const { values } = parseArgs({
  args: argv,
  strict: false,
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
try {
  const { run } = await import(pathToFileURL(file).href)
  await run({
    json: typeof values.json === 'string' ? values.json : null,
    quick: values.quick === true,
    argv,
  })
  process.exit(process.exitCode ?? 0)
} catch (error) {
  console.error(error instanceof Error ? error.stack : error)
  process.exit(1)
}
