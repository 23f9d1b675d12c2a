import { Command } from 'commander'
import { formatInspection, inspectFile } from '../ingest/inspect.js'
import { type CommonOptions, jsonOption, wholeNumber } from './options.js'
import { printJson } from './output.js'
import { columnsOption, mapOption, type ViewOptions, viewOf } from './view-options.js'

const EXAMPLES = `
One line a column: path, type ([]: one value per entry of a list), unit, range and histogram of the first --events
events. With --map, the file as a pipeline with that map sees it.

Examples:
  spillway inspect events.root
  spillway inspect events.root --map nanoaod --show 1
  spillway inspect several.root:dir/tree --columns MET_pt,Jet_pt
  spillway inspect events.hepmc3.gz --json | jq '.columns[].path'`

interface Options extends Pick<CommonOptions, 'json'>, ViewOptions {
  readonly events: number
  readonly show: number
  readonly bins: number
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what a file holds: columns, units, ranges, histograms, events')
    .argument(
      '<file>',
      'a file of any format (spillway list formats); file.root:tree, file.h5:group for a part',
    )
    .addOption(mapOption())
    .addOption(columnsOption())
    .option('--events <n>', 'events that ranges and histograms are taken from', wholeNumber(1), 10_000)
    .option('--show <n>', 'events to print', wholeNumber(0), 3)
    .option('--bins <n>', 'bins of a histogram', wholeNumber(1), 40)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { json, events, show, bins, ...rest }: Options) => {
      const inspection = await inspectFile(file, { ...(await viewOf(rest)), events, show, bins })
      if (!json) process.stdout.write(formatInspection(inspection))
      else printJson({ ...inspection, metadata: Object.fromEntries(inspection.metadata) })
    })
}
