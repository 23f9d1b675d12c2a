import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { asSpillwayError, SpillwayError } from '../errors.js'
import { runtimeVersion } from '../models/provider.js'
import { providers, tryProvider } from '../models/provider-trial.js'
import { type LoadedPipeline, loadPipeline } from './config/load.js'
import { needsKafka } from './config/rules.js'
import { isModelStep, type PipelineConfig } from './config/schema.js'
import { openKafka } from './kafka/index.js'
import { kafkaSettings } from './kafka/settings.js'
import {
  placesOf,
  type Reached,
  reachFolder,
  reachKafka,
  reachNats,
  reachRegistry,
  reachTopic,
  registriesOf,
} from './reach.js'

/** One thing looked at. */
export interface Finding {
  readonly name: string
  /** `absent`: not there, and nothing asks for it. `problem`: something asked for does not work. */
  readonly status: 'ok' | 'absent' | 'problem'
  readonly detail: string
  readonly remedy?: string
  readonly error?: SpillwayError
}

/** Looks at this machine, and at everything that a pipeline, when given, needs. Never throws: what is wrong is found. */
export async function* diagnose(file: string | null, sets: readonly string[] = []): AsyncGenerator<Finding> {
  yield nodeVersion()
  yield { name: 'onnxruntime', status: 'ok', detail: runtimeVersion() }
  yield processor()
  yield memory()
  let pipeline: LoadedPipeline | null = null
  if (file !== null) {
    try {
      pipeline = loadPipeline(file, sets)
    } catch (error) {
      yield problem('pipeline', error)
    }
  }
  yield* providerFindings(pipeline?.config ?? null)
  yield* packageFindings(pipeline?.config ?? null)
  if (pipeline !== null) yield* placeFindings(pipeline)
}

const LEAST_NODE: readonly [number, number] = [20, 19]

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const detail = `${process.versions.node} on ${platform()} ${arch()}`
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) {
    return { name: 'Node.js', status: 'ok', detail }
  }
  const remedy = `Install Node.js ${LEAST_NODE.join('.')} or later.`
  return { name: 'Node.js', status: 'problem', detail, remedy }
}

/** Vector extensions that decide how fast the CPU provider is, and in which digits results may differ. */
const FLAGS: readonly string[] = [
  'sse4_2',
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512_vnni',
  'amx_tile',
  'asimd',
  'sve',
]

function processor(): Finding {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const flags = cpuFlags()
  const known = flags === null ? '' : `; ${FLAGS.filter((flag) => flags.has(flag)).join(' ')}`
  return { name: 'CPU', status: 'ok', detail: `${availableParallelism()} cores, ${model}${known}` }
}

/** `null` where the system does not tell. */
function cpuFlags(): ReadonlySet<string> | null {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))
    return line === null ? null : new Set(line[1].split(' '))
  } catch {
    return null
  }
}

function memory(): Finding {
  const limit = process.constrainedMemory()
  const limited = limit > 0 && limit < totalmem() ? `, limited to ${gib(limit)}` : ''
  return { name: 'memory', status: 'ok', detail: `${gib(freemem())} free of ${gib(totalmem())}${limited}` }
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

async function* providerFindings(config: PipelineConfig | null): AsyncGenerator<Finding> {
  const asked = new Set(config?.steps.filter(isModelStep).map(({ provider }) => provider) ?? [])
  for (const provider of providers) {
    const name = `provider ${provider}`
    try {
      const { loadSeconds } = await tryProvider(provider)
      yield { name, status: 'ok', detail: `computes; loaded in ${(loadSeconds * 1e3).toFixed(0)} ms` }
    } catch (error) {
      if (provider === 'cpu' || asked.has(provider)) yield problem(name, error)
      else yield { ...problem(name, error), status: 'absent' }
    }
  }
}

interface OptionalPackage {
  readonly name: string
  readonly what: string
  readonly install: string
  readonly asked: (config: PipelineConfig) => boolean
}

const PACKAGES: readonly OptionalPackage[] = [
  {
    name: '@confluentinc/kafka-javascript',
    what: 'kafka.client: confluent',
    install:
      'Run scripts/install-confluent.sh (its install script is not run by npm here), or set kafka.client: kafkajs.',
    asked: (config) => config.kafka?.client === 'confluent',
  },
  {
    name: '@tensorflow/tfjs-node',
    what: 'faster training on the CPU',
    install: 'npm install @tensorflow/tfjs-node; training runs without it.',
    asked: () => false,
  },
  {
    name: '@tensorflow/tfjs-node-gpu',
    what: 'training on a GPU',
    install: 'npm install @tensorflow/tfjs-node-gpu; training runs without it.',
    asked: () => false,
  },
]

function* packageFindings(config: PipelineConfig | null): Generator<Finding> {
  const require = createRequire(import.meta.url)
  for (const { name, what, install, asked } of PACKAGES) {
    try {
      require.resolve(name)
      yield { name, status: 'ok', detail: 'installed' }
    } catch {
      const wanted = config !== null && asked(config)
      yield {
        name,
        status: wanted ? 'problem' : 'absent',
        detail: `not installed (${what})`,
        remedy: install,
        ...(wanted && {
          error: new SpillwayError('DEPENDENCY_MISSING', `${name} is not installed`, { remedy: install }),
        }),
      }
    }
  }
}

async function* placeFindings({ config, folder }: LoadedPipeline): AsyncGenerator<Finding> {
  const { topics, folders } = placesOf(config)
  for (const path of folders) {
    yield await found(`folder ${path}`, () => reachFolder(resolve(folder, path)))
  }
  for (const model of registriesOf(config)) {
    yield await found(`registry ${model.registry}`, () => reachRegistry(model, folder))
  }
  if (config.nats !== undefined) yield await found('NATS', () => reachNats(config.nats!))
  if (!needsKafka(config)) return
  if (config.kafka === undefined) {
    yield problem(
      'Kafka',
      new SpillwayError('CONFIG_INVALID', 'a topic is named but there is no kafka section'),
    )
    return
  }
  const { brokers } = config.kafka
  try {
    const client = await openKafka(kafkaSettings(config.kafka, folder))
    try {
      const broker = await found('Kafka', () => reachKafka(client, brokers))
      yield broker
      if (broker.status !== 'ok') return
      for (const topic of topics) yield await found(`topic ${topic}`, () => reachTopic(client, topic))
    } finally {
      await client.close()
    }
  } catch (error) {
    yield problem('Kafka', error)
  }
}

async function found(name: string, look: () => Promise<Reached> | Reached): Promise<Finding> {
  try {
    return { name, status: 'ok', detail: (await look()).detail }
  } catch (error) {
    return problem(name, error)
  }
}

function problem(name: string, cause: unknown): Finding {
  const error = asSpillwayError(cause, 'INTERNAL')
  const { message, place, remedy } = error
  const where = place === undefined || message.includes(place) ? '' : ` (${place})`
  const why =
    error.cause instanceof Error && !message.includes(error.cause.message) ? `; ${error.cause.message}` : ''
  return { name, status: 'problem', detail: `${message}${where}${why}`, remedy, error }
}
