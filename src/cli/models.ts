import { Command } from 'commander'
import { differences, entryOfVersion, manifestOf, pinVersion, rollBack } from '../models/publishing.js'
import { type Entry, isSigned } from '../models/registry.js'
import { readPrivateKey, readPublicKey, verifyBundle } from '../models/signature.js'
import { printError } from './errors.js'
import { jsonOption, wholeNumber } from './options.js'
import { printJson, printTable } from './output.js'
import {
  credentialsOption,
  type RegistryOptions,
  registryOption,
  signOption,
  withRegistry,
} from './registry-options.js'

const EXAMPLES = `
SPILLWAY_REGISTRY names the registry where --registry is not given.

Examples:
  spillway models list --registry models-registry
  spillway models show tagger 3 --registry models-registry --public-key keys/release.pub.pem
  spillway models diff tagger 2 3 --registry nats://localhost:4222
  spillway models pin tagger 3 --registry models-registry
  spillway models rollback tagger 2 --registry models-registry --sign keys/release.pem`

interface Options extends RegistryOptions {
  readonly json: boolean
}

export function modelsCommand(): Command {
  const commands = [listCommand(), showCommand(), diffCommand(), pinCommand(), rollbackCommand()]
  const models = new Command('models').description('models in a registry: list, show, diff, pin, roll back')
  for (const command of commands) {
    models.addCommand(
      command.addOption(registryOption()).addOption(credentialsOption()).addOption(jsonOption()),
    )
  }
  return models.addHelpText('after', EXAMPLES)
}

const version = wholeNumber(1)

function listCommand(): Command {
  return new Command('list')
    .description('all models, or all versions of one, newest first')
    .argument('[name]', 'name of a model')
    .action((name: string | undefined, options: Options) =>
      withRegistry(options, async (registry) => {
        const names = name === undefined ? await registry.names() : [name]
        const listings = await Promise.all(
          names.map(async (one) => ({ name: one, ...(await registry.list(one)) })),
        )
        if (options.json) {
          return printJson(
            listings.map(({ problems, ...listing }) => ({ ...listing, broken: problems.length })),
          )
        }
        const rows = listings.flatMap(({ entries, pinned }) => {
          const shown = name === undefined ? entries.slice(0, 1) : entries
          return shown.map((entry) => row(entry, pinned))
        })
        printTable(['model', 'version', 'published', 'signed', 'digest', 'note'], rows)
        if (rows.length === 0) process.stdout.write('no models\n')
        for (const { problems } of listings) for (const problem of problems) printError(problem)
      }),
    )
}

const row = (entry: Entry, pinned: number | null): string[] => [
  entry.name,
  `${entry.version}${entry.version === pinned ? ' (pinned)' : ''}`,
  entry.published,
  isSigned(entry) ? 'yes' : 'no',
  entry.digest.slice(0, 16),
  entry.note,
]

function showCommand(): Command {
  return new Command('show')
    .description('manifest and files of a version; the newest when none is given')
    .argument('<name>', 'name of a model')
    .argument('[version]', 'its version', version)
    .option('--public-key <file>', 'verify the signature with this key')
    .action((name: string, at: number | undefined, options: Options & { readonly publicKey?: string }) =>
      withRegistry(options, async (registry) => {
        const entry = await entryOfVersion(registry, name, at)
        const files = await registry.fetch(entry)
        const { publicKey } = options
        if (publicKey !== undefined)
          verifyBundle(files, readPublicKey(publicKey), `${name} v${entry.version}`)
        const verified = publicKey !== undefined
        const manifest = manifestOf(files)
        if (options.json) return printJson({ entry, manifest, signed: isSigned(entry), verified })
        const rows = entry.files.map((file) => [file.name, String(file.bytes), file.sha256])
        printTable(['file', 'bytes', 'sha256'], rows)
        const signed = verified ? 'signature verified' : isSigned(entry) ? 'signed, not verified' : 'unsigned'
        process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`)
        process.stdout.write(
          `${entry.name} v${entry.version}: digests verified, ${signed}, published ${entry.published}\n`,
        )
      }),
    )
}

function diffCommand(): Command {
  return new Command('diff')
    .description('what differs between the manifests of two versions')
    .argument('<name>', 'name of a model')
    .argument('<before>', 'a version', version)
    .argument('<after>', 'another version', version)
    .action((name: string, before: number, after: number, options: Options) =>
      withRegistry(options, async (registry) => {
        const manifests = []
        for (const at of [before, after])
          manifests.push(manifestOf(await registry.fetch(await entryOfVersion(registry, name, at))))
        const found = differences(manifests[0], manifests[1])
        if (options.json) return printJson(found)
        const rows = found.map((one) => [one.key, one.before ?? '', one.after ?? ''])
        printTable(['key', `v${before}`, `v${after}`], rows, [28, 50, 50])
        if (rows.length === 0) process.stdout.write('no difference\n')
      }),
    )
}

function pinCommand(): Command {
  return new Command('pin')
    .description('let pipelines with version: pinned take a version; never an older one than now')
    .argument('<name>', 'name of a model')
    .argument('<version>', 'its version', version)
    .action((name: string, at: number, options: Options) =>
      withRegistry(options, async (registry) => {
        const entry = await pinVersion(registry, name, at)
        if (options.json) return printJson(entry)
        process.stdout.write(`pinned ${name} v${entry.version}\n`)
      }),
    )
}

interface RollbackOptions extends Options {
  readonly sign?: string
  readonly note: string
}

function rollbackCommand(): Command {
  return new Command('rollback')
    .description('publish the weights of an old version under the next one; the pin follows')
    .argument('<name>', 'name of a model')
    .argument('<version>', 'the old version', version)
    .addOption(signOption())
    .option('--note <text>', 'why, for those who read the list', '')
    .action((name: string, at: number, { sign, note, ...options }: RollbackOptions) =>
      withRegistry(options, async (registry) => {
        const key = sign === undefined ? null : readPrivateKey(sign, process.env['SPILLWAY_KEY_PASSPHRASE'])
        const entry = await rollBack(registry, name, at, { key, note })
        if (options.json) return printJson(entry)
        process.stdout.write(
          `published ${name} v${entry.version} with the weights of v${at}: ${entry.digest}\n`,
        )
      }),
    )
}
