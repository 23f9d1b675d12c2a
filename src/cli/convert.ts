import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { SpillwayError } from '../errors.js'
import { type Converted, convertFiles } from '../ingest/convert.js'
import { expandGlobs, fileOf } from '../ingest/glob.js'
import { type CommonOptions, jsonOption } from './options.js'
import { printJson } from './output.js'
import { openProgress } from './progress.js'
import { columnsOption, mapOption, type ViewOptions, viewOf } from './view-options.js'

const EXAMPLES = `
The ending of --out chooses what is written: .arrow, .parquet (snappy), .root (a TTree Events in NanoAOD's manner:
jets.pt becomes jets_pt[njets]). The output appears when it is whole; one that is there is replaced.

Examples:
  spillway convert events.root --map nanoaod --out events.arrow
  spillway convert 'run3/*.hepmc3.gz' --map hepmc3 --out run3.parquet
  spillway convert events.root:Events --columns event,MET_pt --out met.parquet
  spillway convert dumper.h5 --map my-map.yaml --out jets.root`

interface Options extends Pick<CommonOptions, 'json'>, ViewOptions {
  readonly out: string
  readonly quiet: boolean
}

export function convertCommand(): Command {
  return new Command('convert')
    .description('convert files of any format to one Arrow, Parquet or ROOT file')
    .argument('<in...>', 'files of any format (spillway list formats); globs allowed (in quotes)')
    .requiredOption('--out <file>', 'file to write: .arrow, .parquet or .root')
    .addOption(mapOption())
    .addOption(columnsOption())
    .option('--quiet', 'no progress', false)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (patterns: string[], options: Options) => {
      const done = await convert(patterns, options)
      if (options.json) printJson({ out: options.out, ...done })
      else process.stdout.write(`${sentence(options.out, done)}\n`)
    })
}

async function convert(patterns: readonly string[], { out, quiet, ...rest }: Options): Promise<Converted> {
  const files = expandGlobs(patterns, process.cwd())
  const own = files.find((path) => real(fileOf(path)) === real(out))
  if (own !== undefined) {
    throw new SpillwayError('CONFIG_INVALID', `--out ${out} is also an input`, {
      place: own,
      remedy: 'Write to another file, or choose the inputs so that it is none of them.',
    })
  }
  const progress = openProgress('convert', null, quiet)
  try {
    return await convertFiles(files, out, { ...(await viewOf(rest)), progress: progress.update })
  } finally {
    progress.stop()
  }
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

function sentence(out: string, { read, written }: Converted): string {
  const [all, kept] = [read, written].map((count) => count.toLocaleString('en'))
  return `${out}: ${read === written ? all : `${kept} of ${all}`} events`
}
