import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir, findExecutable, runToEnd } from '../../../scripts/servers/process.mjs'

const requirements = fileURLToPath(new URL('./python/requirements.txt', import.meta.url))
const peers = ['-c', 'import confluent_kafka, numpy, onnxruntime, pyarrow']
const torch = ['-c', 'import numpy, torch']
const trees = ['-c', 'import numpy, xgboost']
/** Wheels without CUDA, a tenth of the size of PyPI's. */
const CPU_WHEELS = 'https://download.pytorch.org/whl/cpu'

/** An interpreter with the peer's packages: $SPILLWAY_PYTHON, or one in a virtual environment made here once. */
export async function pythonWithPeers() {
  const named = process.env.SPILLWAY_PYTHON
  if (named !== undefined) {
    await runToEnd(named, peers, `${named}, which SPILLWAY_PYTHON names,`)
    return named
  }
  return virtual('bench-venv', peers, (pip) => pip('-r', requirements))
}

/** An interpreter with PyTorch: $SPILLWAY_PYTHON where that has it, else one made here once. */
export const pythonWithTorch = () =>
  namedOr('train-bench-venv', torch, async (pip) => {
    await pip('numpy')
    await pip('torch', '--index-url', CPU_WHEELS).catch(() => pip('torch'))
  })

/** An interpreter with XGBoost: $SPILLWAY_PYTHON where that has it, else one made here once. */
export const pythonWithTrees = () =>
  namedOr('trees-bench-venv', trees, (pip) => pip('xgboost-cpu').catch(() => pip('xgboost')))

async function namedOr(name, check, install) {
  const named = process.env.SPILLWAY_PYTHON
  if (named !== undefined && (await works(named, check))) return named
  return virtual(name, check, install)
}

const works = (interpreter, check) =>
  runToEnd(interpreter, check, interpreter).then(
    () => true,
    () => false,
  )

/** The interpreter of the virtual environment `name` in the cache, made and filled by `install` where it fails the check. */
async function virtual(name, check, install) {
  const venv = join(cacheDir(), name)
  const interpreter = join(venv, 'bin', 'python')
  if (existsSync(interpreter) && (await works(interpreter, check))) return interpreter
  const base = findExecutable('python3')
  if (base === null) throw new Error('the bench needs python3 with venv, or SPILLWAY_PYTHON')
  process.stderr.write(`making ${venv} for the Python peer …\n`)
  await runToEnd(base, ['-m', 'venv', venv], 'python3 -m venv')
  await install((...args) => runToEnd(interpreter, ['-m', 'pip', 'install', '-q', ...args], 'pip install'))
  await runToEnd(interpreter, check, interpreter)
  return interpreter
}
