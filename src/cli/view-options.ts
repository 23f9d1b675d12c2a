import { Option } from 'commander'
import type { View } from '../ingest/event-file.js'
import { loadSchemaMap } from '../ingest/mapping/load.js'

export const mapOption = (): Option =>
  new Option(
    '--map <name|file>',
    'schema map to apply: one of `spillway list maps`, or a YAML file of your own',
  )

export const columnsOption = (): Option =>
  new Option('--columns <a,b>', 'read only these top-level columns').argParser((text: string) =>
    text.split(','),
  )

/** What a commander option with `mapOption` and `columnsOption` gives. */
export interface ViewOptions {
  readonly map?: string
  readonly columns?: readonly string[]
}

/** Reads the map; paths start from the working directory. @throws SpillwayError CONFIG_UNREADABLE, CONFIG_INVALID */
export async function viewOf({ map, columns }: ViewOptions): Promise<View> {
  return {
    ...(map !== undefined && { map: await loadSchemaMap(map) }),
    ...(columns !== undefined && { columns }),
  }
}
