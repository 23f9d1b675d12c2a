// Assembles plain.wat into plain.wasm.ts: `npm install --no-save wabt && node src/physics/jets/build-wasm.mjs`.
// The digest in the result lets a test see that the two files belong together.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import wabt from 'wabt'

const here = (name) => new URL(name, import.meta.url)
const source = readFileSync(here('plain.wat'))
const assembler = await wabt()
const module = assembler.parseWat('plain.wat', source, { simd: true })
module.validate()
const code = Buffer.from(module.toBinary({}).buffer).toString('base64')
const digest = createHash('sha256').update(source).digest('hex')
const lines = code.match(/.{1,96}/g).map((line) => `  '${line}',`)

writeFileSync(
  here('plain.wasm.ts'),
  `/** plain.wat assembled by build-wasm.mjs, base64; not edited by hand. */
export const plainWasm = [
${lines.join('\n')}
].join('')

/** SHA-256 of the plain.wat that it was made from. */
export const plainWatDigest = '${digest}'
`,
)
