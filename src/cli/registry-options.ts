import { Option } from 'commander'
import type { Registry } from '../models/registry.js'
import { openRegistry } from '../models/registry-open.js'

/** What a command with `registryOption` and `credentialsOption` gets. */
export interface RegistryOptions {
  readonly registry: string
  readonly credentials?: string
}

export const registryOption = (): Option =>
  new Option('--registry <place>', 'a folder, or nats://host:port[/bucket]')
    .env('SPILLWAY_REGISTRY')
    .makeOptionMandatory()

export const credentialsOption = (): Option => new Option('--credentials <file>', 'NATS credentials file')

export const signOption = (): Option =>
  new Option('--sign <key>', 'sign with an EC private key (PEM); its passphrase is SPILLWAY_KEY_PASSPHRASE')

/** Opens the registry for as long as `work` takes. */
export async function withRegistry<T>(
  { registry: at, credentials }: RegistryOptions,
  work: (registry: Registry) => Promise<T>,
): Promise<T> {
  const registry = await openRegistry(at, process.cwd(), credentials)
  try {
    return await work(registry)
  } finally {
    await registry.close()
  }
}
