// Assembles the .wat files of this folder:
//   npm install --no-save wabt && node src/physics/jets/build-wasm.mjs
// The digest in each result lets a test see that the two files belong together.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import wabt from 'wabt'

const here = (name) => new URL(name, import.meta.url)
const assembler = await wabt()
for (const name of ['nodes', 'plain', 'sorted']) {
  const source = readFileSync(here(`${name}.wat`))
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
    here(`${name}.wasm.ts`),
    `/** ${name}.wat assembled by build-wasm.mjs, base64; not edited by hand. */
export const ${name}Wasm = [
${lines.join('\n')}
].join('')

/** SHA-256 of the ${name}.wat that it was made from. */
export const ${name}WatDigest = '${digest}'
`,
  )
}
