import { Command } from 'commander'
import { readBundleFiles } from '../models/bundle.js'
import { publishBundle } from '../models/publishing.js'
import { isSigned } from '../models/registry.js'
import { readPrivateKey } from '../models/signature.js'
import { jsonOption } from './options.js'
import { printJson } from './output.js'
import {
  credentialsOption,
  type RegistryOptions,
  registryOption,
  signOption,
  withRegistry,
} from './registry-options.js'

const EXAMPLES = `
Publishing is atomic and a version is taken once and for all: the same bytes again change nothing, other bytes are
refused. Scorers that follow the model try what is new in a process of its own before it scores anything.

Examples:
  spillway publish runs/tagger/bundle --registry models-registry
  spillway publish runs/tagger/bundle --registry nats://localhost:4222 --next --sign keys/release.pem
  spillway publish runs/tagger/bundle --registry models-registry --next --pin --note 'more data'`

interface Options extends RegistryOptions {
  readonly next: boolean
  readonly pin: boolean
  readonly sign?: string
  readonly note: string
  readonly json: boolean
}

export function publishCommand(): Command {
  return new Command('publish')
    .description('publish a bundle (a folder with manifest.json) in a model registry')
    .argument('<bundle>', 'folder of the bundle')
    .addOption(registryOption())
    .option('--next', "take the registry's next version in place of the manifest's", false)
    .addOption(signOption())
    .option('--note <text>', 'why, for those who read the list', '')
    .option('--pin', 'pin it too: pipelines with version: pinned take it', false)
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: Options) => {
      const files = readBundleFiles(folder)
      const key =
        options.sign === undefined
          ? null
          : readPrivateKey(options.sign, process.env['SPILLWAY_KEY_PASSPHRASE'])
      const { next, note, pin } = options
      const entry = await withRegistry(options, (registry) =>
        publishBundle(registry, files, { next, key, note, pin }),
      )
      if (options.json) return printJson(entry)
      const signed = isSigned(entry) ? ', signed' : ''
      process.stdout.write(`published ${entry.name} v${entry.version}${signed}: ${entry.digest}\n`)
    })
}
