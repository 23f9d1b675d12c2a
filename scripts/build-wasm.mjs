// Assembles the .wat files of src:
//   npm install --no-save wabt && node scripts/build-wasm.mjs
// The digest in each result lets a test see that the two files belong together.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import wabt from 'wabt'

const here = (name) => new URL(`../src/${name}`, import.meta.url)
const assembler = await wabt()
for (const path of [
  'ingest/formats/kernel/blocks',
  'ingest/formats/kernel/levels',
  'physics/jets/nodes',
  'physics/jets/plain',
  'physics/jets/tiled',
  'physics/jets/tiles',
  'physics/pairs/pairs',
  'physics/pairs/angles',
  'physics/pairs/gather',
]) {
  const name = basename(path)
  const source = readFileSync(here(`${path}.wat`))
  const module = assembler.parseWat(`${name}.wat`, source, {
    simd: true,
    bulk_memory: true,
    mutable_globals: true,
  })
  module.validate()
  const code = Buffer.from(module.toBinary({}).buffer).toString('base64')
  const digest = createHash('sha256').update(source).digest('hex')
  const lines = code.match(/.{1,96}/g).map((line) => `  '${line}',`)
  writeFileSync(
    here(`${path}.wasm.ts`),
    `/** ${name}.wat assembled by build-wasm.mjs, base64; not edited by hand. */
export const ${name}Wasm = [
${lines.join('\n')}
].join('')

/** SHA-256 of the ${name}.wat that it was made from. */
export const ${name}WatDigest = '${digest}'
`,
  )
}
