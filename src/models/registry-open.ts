import { isAbsolute, resolve } from 'node:path'
import { SpillwayError } from '../errors.js'
import type { Registry } from './registry.js'
import { folderRegistry } from './registry-folder.js'

const NATS = /^(?:nats|tls):\/\//
const BUCKET = 'spillway-models'

/**
 * Opens a registry by how people name it: a folder, or `nats://host:port[,host:port][/bucket]`.
 * @param folder Where relative folders start from.
 * @throws SpillwayError REGISTRY_UNAVAILABLE, CONFIG_INVALID
 */
export async function openRegistry(at: string, folder: string, credentials?: string): Promise<Registry> {
  if (!NATS.test(at)) return folderRegistry(isAbsolute(at) ? at : resolve(folder, at))
  const [scheme, rest] = at.split('://')
  const [hosts, bucket = BUCKET] = rest.split('/')
  if (hosts === '' || !/^[A-Za-z0-9_-]+$/.test(bucket)) {
    throw new SpillwayError('CONFIG_INVALID', `${at} is no address of a registry`, {
      remedy: 'Write a folder, or nats://host:port[,host:port][/bucket].',
      place: at,
    })
  }
  // Loaded only here: a folder needs no NATS client.
  const { natsRegistry } = await import('./registry-nats.js')
  return natsRegistry({
    servers: hosts.split(',').map((host) => `${scheme}://${host}`),
    bucket,
    credentials:
      credentials === undefined || isAbsolute(credentials) ? credentials : resolve(folder, credentials),
  })
}
