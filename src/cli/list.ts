import { createRequire } from 'node:module'
import { Command } from 'commander'
import { writtenEndings } from '../ingest/convert.js'
import { eventFormats } from '../ingest/event-file.js'
import { numberFunctions, otherFunctions } from '../ingest/expression/functions.js'
import { reductions } from '../ingest/expression/reductions.js'
import { loadSchemaMap, mapNames } from '../ingest/mapping/load.js'
import { featureBuilders } from '../models/features/index.js'
import { bundledProviders, runtimeVersion } from '../models/provider.js'
import { type CommonOptions, jsonOption } from './options.js'
import { printJson, printTable } from './output.js'

const EXAMPLES = `
Examples:
  spillway list
  spillway list functions
  spillway list features --json`

interface Entry {
  readonly name: string
  readonly what: string
}

const KINDS = [
  'steps',
  'features',
  'providers',
  'formats',
  'maps',
  'clients',
  'registries',
  'functions',
] as const
type Kind = (typeof KINDS)[number]

export function listCommand(): Command {
  return new Command('list')
    .description(
      'what this program can do: steps, feature builders, providers, formats, maps, clients, registries, functions',
    )
    .argument('[kind]', `one of ${KINDS.join(', ')}; all when absent`)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async function (this: Command, kind: string | undefined, { json }: Pick<CommonOptions, 'json'>) {
      if (kind !== undefined && !KINDS.includes(kind as Kind)) {
        this.error(`error: there is no kind ${kind}; take one of ${KINDS.join(', ')}`)
      }
      const wanted = kind === undefined ? KINDS : [kind as Kind]
      const catalog = Object.fromEntries(
        await Promise.all(wanted.map(async (one) => [one, await ENTRIES[one]()] as const)),
      )
      if (json) return printJson(catalog)
      for (const [one, entries] of Object.entries(catalog)) {
        printTable(
          [one, ''],
          entries.map(({ name, what }) => [name, what]),
          [30, 80],
        )
      }
    })
}

const ENTRIES: Readonly<Record<Kind, () => readonly Entry[] | Promise<readonly Entry[]>>> = {
  steps: () => [
    {
      name: 'model',
      what: 'scores events, or the items of a list, with an ONNX model; adds <name>.<column>',
    },
    {
      name: 'select',
      what: 'trigger menu: named chains over columns; adds select.<chain> and select.accept',
    },
    { name: 'cutflow', what: 'a selection cut by cut, with its report; adds <name>.<cut> and <name>.pass' },
  ],
  features: () => Object.keys(featureBuilders).map((name) => ({ name, what: tensorsOf(name) })),
  providers: () =>
    bundledProviders().map(({ name, bundled }) => ({
      name,
      what: `${bundled ? 'bundled' : 'not bundled'}, ONNX Runtime ${runtimeVersion()} (spillway doctor tells what loads)`,
    })),
  formats: () =>
    eventFormats.map(({ name, extensions }) => {
      const written = writtenEndings.filter((ending) => extensions.includes(ending))
      return { name, what: `${extensions.join(' ')}${written.length > 0 ? '; also written' : ''}` }
    }),
  maps: async () => {
    const maps = await Promise.all((await mapNames()).map((name) => loadSchemaMap(name)))
    return maps.map(({ name, description }) => ({ name, what: description }))
  },
  clients: () => [
    { name: 'kafkajs', what: 'JavaScript only, always there' },
    { name: 'confluent', what: installed('@confluentinc/kafka-javascript') },
  ],
  registries: () => [
    { name: 'FOLDER', what: 'bundles and their versions in a folder, local or shared' },
    { name: 'nats://HOST:PORT[/BUCKET]', what: 'NATS JetStream: object store and key-value bucket' },
  ],
  functions: () => [
    ...numberFunctions.map(({ name, parameters, variadic, says }) => ({
      name: `${name}(${parameters.join(', ')}${variadic ? ', ...' : ''})`,
      what: says,
    })),
    ...otherFunctions.map(({ name, parameters, says }) => ({
      name: `${name}(${parameters.join(', ')})`,
      what: says,
    })),
    ...reductions.map(({ name, takes, says }) => ({
      name: `${name}(${takes === 'bool' ? 'condition' : 'list[, condition]'})`,
      what: says,
    })),
  ],
}

/** Tensors with their shapes: n items, t entries of a ragged item. */
function tensorsOf(id: string): string {
  try {
    const { tensors, version } = featureBuilders[id]({})
    return `v${version}: ${tensors.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}`
  } catch {
    return 'tensors and their columns as the options of the manifest say'
  }
}

function installed(name: string): string {
  try {
    createRequire(import.meta.url).resolve(name)
    return `librdkafka, by the optional package ${name} (installed)`
  } catch {
    return `librdkafka, by the optional package ${name} (not installed)`
  }
}
