import { readdir, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SpillwayError } from '../../errors.js'
import { hint } from '../nearest.js'
import { parseSchemaMap, type SchemaMap } from './schema-map.js'

const ready = new URL('../../../demo/maps/', import.meta.url)

/** Names of the maps that come along. */
export async function mapNames(): Promise<readonly string[]> {
  const files = await readdir(ready)
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5))
    .sort()
}

/**
 * A map that comes along, by its name, or one's own by the path of its YAML file; relative ones start from `folder`.
 * @throws SpillwayError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function loadSchemaMap(nameOrPath: string, folder = ''): Promise<SchemaMap> {
  if (/\.ya?ml$/.test(nameOrPath))
    return parseSchemaMap(await readText(resolve(folder, nameOrPath)), nameOrPath)
  const names = await mapNames()
  if (!names.includes(nameOrPath)) {
    throw new SpillwayError('CONFIG_UNREADABLE', `no schema map ${nameOrPath}${hint(nameOrPath, names)}`, {
      place: nameOrPath,
      remedy: 'Take one of `spillway list maps`, or give the path of a .yaml file.',
    })
  }
  return parseSchemaMap(await readText(new URL(`${nameOrPath}.yaml`, ready)), `${nameOrPath}.yaml`)
}

async function readText(path: string | URL): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SpillwayError('CONFIG_UNREADABLE', `cannot read ${path}`, { place: String(path), cause })
  })
}
