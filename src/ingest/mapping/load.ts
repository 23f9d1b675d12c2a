import { readdir, readFile } from 'node:fs/promises'
import { SpillwayError } from '../../errors.js'
import { nearestNames } from '../formats/shared/nearest.js'
import { parseSchemaMap, type SchemaMap } from './schema-map.js'

const folder = new URL('../../../demo/maps/', import.meta.url)

/** Names of the maps that come along. */
export async function mapNames(): Promise<readonly string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5))
    .sort()
}

/** A map that comes along, by its name, or one's own by the path of its YAML file. */
export async function loadSchemaMap(nameOrPath: string): Promise<SchemaMap> {
  if (/\.ya?ml$/.test(nameOrPath)) return parseSchemaMap(await readText(nameOrPath), nameOrPath)
  const names = await mapNames()
  if (!names.includes(nameOrPath)) {
    const near = nearestNames(nameOrPath, names).join(', ')
    throw new SpillwayError('CONFIG_UNREADABLE', `no schema map ${nameOrPath}; the nearest are ${near}`, {
      place: nameOrPath,
    })
  }
  return parseSchemaMap(await readText(new URL(`${nameOrPath}.yaml`, folder)), `${nameOrPath}.yaml`)
}

async function readText(path: string | URL): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SpillwayError('CONFIG_UNREADABLE', `cannot read ${path}`, { place: String(path), cause })
  })
}
