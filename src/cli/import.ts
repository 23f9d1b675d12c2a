import { readFileSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { SpillwayError } from '../errors.js'
import { loadSchemaMap } from '../ingest/mapping/load.js'
import { writeBundle } from '../models/bundle.js'
import { ForeignOptions, foreignInputs } from '../models/foreign/builder.js'
import { foreignDraft, type TextFile } from '../models/foreign/import.js'
import { inspectOnnx } from '../models/onnx-graph.js'
import { jsonOption } from './options.js'
import { printJson, printTable } from './output.js'

const EXAMPLES = `
weaver: give preprocess.json or the data card beside the model. salt writes its description into the ONNX file.
The variables of the model are looked up in a schema map (which branch became which column), in the formulas of the
card, and in --variable. The folder that is written is a model as any other: check and dry-run prove it.

Examples:
  spillway import model.onnx preprocess.json --card JetClass_full.yaml --out models/part
  spillway import gn2.onnx --out models/gn2
  spillway import model.onnx preprocess.json --map my-map.yaml --variable 'part_d0=tanh(constituents.d0)' --out models/mine`

interface Options {
  readonly out: string
  readonly map?: string
  readonly card?: string
  readonly name?: string
  readonly variable: ReadonlyMap<string, string>
  readonly json: boolean
}

export function importCommand(): Command {
  return new Command('import')
    .description('make a model folder of an ONNX file that weaver or salt exported')
    .argument('<model.onnx>', 'the exported model')
    .argument('[description]', 'preprocess.json or data card of weaver; none for salt')
    .requiredOption('--out <folder>', 'folder to write')
    .option(
      '--map <name|file>',
      'schema map that makes its columns; jetclass for weaver, dumper for salt when absent',
    )
    .option('--card <file>', 'data card of weaver, for the formulas of its new variables')
    .option('--name <name>', 'name of the model; that of the folder when absent')
    .option(
      '--variable <name=expression>',
      'what a variable is in terms of columns; may be given several times',
      collect,
      new Map<string, string>(),
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, description: string | undefined, options: Options) => {
      const bytes = readBytes(model)
      inspectOnnx(bytes, model)
      const map = await loadSchemaMap(options.map ?? (description === undefined ? 'dumper' : 'jetclass'))
      const draft = foreignDraft(bytes, {
        name: options.name ?? plainName(options.out),
        place: model,
        description: description === undefined ? null : textOf(description),
        card: options.card === undefined ? null : textOf(options.card),
        map,
        given: options.variable,
      })
      const inputs = ForeignOptions.parse(draft.features.options)
      // What a scorer would refuse is refused here.
      foreignInputs(inputs)
      writeBundle(resolve(options.out), draft, bytes, null)
      if (options.json) return printJson({ out: options.out, ...draft })
      for (const { name, list, length, variables } of inputs.inputs) {
        const along =
          list === undefined ? '' : `, along ${list}${length === null ? '' : `, ${length} entries`}`
        printTable(
          [`${name}${along}`, ''],
          variables.map((one) => [one.name, one.value]),
        )
      }
      const columns = draft.outputs.flatMap((output) => output.columns)
      process.stdout.write(
        `${options.out}: gives ${columns.join(', ')}; reads the columns of map ${map.name}\n`,
      )
    })
}

function collect(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('Write NAME=EXPRESSION.')
  return new Map([...before, [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]])
}

/** `models/ParT v2` → part_v2 */
function plainName(folder: string): string {
  const last = basename(resolve(folder)) || basename(dirname(resolve(folder)))
  const plain = last
    .replace(extname(last), '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '_')
  return /^[a-z]/.test(plain) ? plain.slice(0, 64) : `m_${plain}`.slice(0, 64)
}

const textOf = (file: string): TextFile => ({ file, text: readBytes(file).toString('utf8') })

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new SpillwayError('MODEL_UNREADABLE', `cannot read ${file}`, { place: file, cause })
  }
}
