import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir, findExecutable, runToEnd } from '../../../scripts/servers/process.mjs'

const requirements = fileURLToPath(new URL('./python/requirements.txt', import.meta.url))
const check = ['-c', 'import confluent_kafka, numpy, onnxruntime, pyarrow']

/** An interpreter with the peer's packages: $SPILLWAY_PYTHON, or one in a virtual environment made here once. */
export async function pythonWithPeers() {
  const named = process.env.SPILLWAY_PYTHON
  if (named !== undefined) {
    await runToEnd(named, check, `${named}, which SPILLWAY_PYTHON names,`)
    return named
  }
  const venv = join(cacheDir(), 'bench-venv')
  const interpreter = join(venv, 'bin', 'python')
  if (existsSync(interpreter)) {
    const there = await runToEnd(interpreter, check, 'python').then(
      () => true,
      () => false,
    )
    if (there) return interpreter
  }
  const base = findExecutable('python3')
  if (base === null) throw new Error('the bench needs python3 with venv, or SPILLWAY_PYTHON')
  process.stderr.write(`making ${venv} for the Python peer …\n`)
  await runToEnd(base, ['-m', 'venv', venv], 'python3 -m venv')
  await runToEnd(interpreter, ['-m', 'pip', 'install', '-q', '-r', requirements], 'pip install')
  await runToEnd(interpreter, check, interpreter)
  return interpreter
}
