import { Command } from 'commander'
import { stringify } from 'yaml'
import { loadPipeline } from '../stream/config/load.js'
import { isRegistryStep, type PipelineConfig } from '../stream/config/schema.js'
import type { RegistryModel } from '../stream/control/config.js'
import { type CommonOptions, jsonOption, setOption } from './options.js'
import { printJson } from './output.js'

const EXAMPLES = `
Shows what a run would use: environment variables and --set resolved, defaults filled in, passwords masked.

Examples:
  spillway echo pipeline.yaml
  KAFKA=broker:9092 spillway echo pipeline.yaml --set workers.count=2 --json`

export function echoCommand(): Command {
  return new Command('echo')
    .description('print a pipeline as it is understood: resolved, with all defaults')
    .argument('<pipeline>', 'pipeline file (YAML)')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action((file: string, { set, json }: CommonOptions) => {
      const config = masked(loadPipeline(file, set).config)
      if (json) printJson(config)
      else process.stdout.write(stringify(config, { lineWidth: 0 }))
    })
}

const MASK = '********'

/**
 * The same pipeline without its secrets: the SASL password, passwords inside NATS addresses (of registries too), the
 * page's token.
 */
export function masked(config: PipelineConfig): PipelineConfig {
  const { kafka, nats, http } = config
  return {
    ...config,
    steps: config.steps.map((step) =>
      isRegistryStep(step) ? { ...step, model: withoutSecret(step.model) } : step,
    ),
    ...(kafka?.sasl && { kafka: { ...kafka, sasl: { ...kafka.sasl, password: MASK } } }),
    ...(nats && { nats: { ...nats, servers: nats.servers.map(withoutPassword) } }),
    ...(http?.token !== undefined && { http: { ...http, token: MASK } }),
  }
}

/** `nats://user:secret@host` → `nats://********@host`: a lone user part is a token. */
const withoutPassword = (server: string): string => server.replace(/^(\w+:\/\/)?[^/@]*@/, `$1${MASK}@`)

const withoutSecret = (model: RegistryModel): RegistryModel => ({
  ...model,
  registry: registryWithoutPassword(model.registry),
})

/** `nats://user:secret@one,user:secret@two/bucket`; a folder may be called anything. */
const registryWithoutPassword = (registry: string): string =>
  /^\w+:\/\//.test(registry) ? registry.split(',').map(withoutPassword).join() : registry
