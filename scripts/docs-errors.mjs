#!/usr/bin/env node
// Writes docs/errors.md from the catalogue in src/errors/catalogue.ts: npm run build && node scripts/docs-errors.mjs
import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { catalogue } from '../dist/errors.js'

const decisions = [
  [
    'stop',
    'What is uncommitted is aborted and the process ends with exit code 1. Nothing uncommitted was visible.',
  ],
  [
    'retry',
    'Temporary. A running pipeline does it again by itself; a command that cannot even start because of it ends with exit code 75 (try again later).',
  ],
  [
    'dead-letter',
    'The bytes of the message, or of the one event, are kept aside with the code; the rest goes on. `spillway dlq` lists, shows and replays them.',
  ],
  [
    'refuse',
    'The thing offered, a model, is not taken. At the start of a pipeline this ends it with exit code 1.',
  ],
]

/** docs/errors.md as it should be. */
export function errorsPage() {
  const section = ([decision, says]) => {
    const rows = Object.entries(catalogue)
      .filter(([, entry]) => entry.decision === decision)
      .map(([code, { what, remedy }]) => `| \`${code}\` | ${what} | ${remedy} |`)
    return `## ${decision}\n${says}\n\n| code | what happened | what to do |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  }
  return `# Errors

Every error that Spillway raises on purpose has a code, and says what happened, where, and what to do:

\`\`\`
COLUMN_MISSING: column jets.p is not there; did you mean jets.pt?
  at pipeline.yaml:9
  remedy: The columns here are event, jets.{pt, eta, phi, mass}.
\`\`\`

The code's decision says what the engine does with it. Codes label dead letters (header \`spillway.code\`) and the
metrics \`spillway_dead_letters_total\` and \`spillway_aborts_total\`. The remedies below are general; a message may bring
a more exact one.

<!-- Made by scripts/docs-errors.mjs from src/errors/catalogue.ts; change it there. -->

${decisions.map(section).join('\n')}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)), errorsPage())
}
