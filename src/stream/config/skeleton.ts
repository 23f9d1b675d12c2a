import { stringify } from 'yaml'
import { type Key, keysOfSchema } from './keys.js'
import { PipelineSchema } from './schema.js'

export type SkeletonKind = 'files' | 'kafka'

type Examples = Readonly<Record<string, unknown>>

const STEPS: Examples = {
  'steps[].name': 'score',
  'steps[].model': 'models/score',
  'steps[].select.chains.<name>': 'keep',
  'steps[].select.chains.<name>.when': 'score.p > 0.5',
}

/** The values that a skeleton begins with, by key; what is not here stands in it as a comment. */
const EXAMPLES: Readonly<Record<SkeletonKind, Examples>> = {
  files: {
    ...STEPS,
    'source.files': 'data/*.arrow',
    'sink.scores.files': 'out/scores',
    'sink.accepted.files': 'out/accepted',
    'sink.dead_letters.files': 'out/dead-letters',
  },
  kafka: {
    ...STEPS,
    'source.topic': 'events',
    'sink.scores.topic': 'scores',
    'sink.accepted.topic': 'accepted',
    'sink.dead_letters.topic': 'dead-letters',
    'kafka.brokers': ['localhost:9092'],
  },
}

const HEAD = (name: string): string => `# Pipeline ${name}: events in, scores and trigger decisions out.
# Keys that stand as comments have the value shown by default, or are optional.
# Check it with \`spillway check\`, then \`spillway dry-run\`, then \`spillway run\`.
`

/** A commented pipeline file with every key there is, made from the schema. It is valid as it stands. */
export function skeleton(name: string, kind: SkeletonKind): string {
  const examples: Examples = { ...EXAMPLES[kind], name }
  const lines = keysOfSchema(PipelineSchema).flatMap((key) => [
    '',
    ...block(key, examples, 0, isActive(key, examples)),
  ])
  return `${HEAD(name)}${lines.join('\n')}\n`
}

/** A key that has an example, or has one below. */
const isActive = ({ path }: Key, examples: Examples): boolean =>
  Object.keys(examples).some(
    (one) => one === path || one.startsWith(`${path}.`) || one.startsWith(`${path}[]`),
  )

/** Lines of a key; those of a key that is not active stand as comments at the indent of the outermost such key. */
function block(key: Key, examples: Examples, indent: number, active: boolean): string[] {
  const pad = ' '.repeat(indent)
  const note = key.description === '' ? [] : [`# ${key.description}`]
  if (!active) {
    const value = commented(key, 0).map((line) => `# ${line}`)
    return [...note, ...value].map((line) => pad + line)
  }
  // A key that may also be one value (a model by its path) is shown as that, and the map as a comment.
  if (key.children.length > 0 && key.path in examples) {
    const other = ['or:', ...commented(key, 0)].map((line) => `# ${line}`)
    return [...note, `${key.name}: ${inline(examples[key.path])}`, ...other].map((line) => pad + line)
  }
  if (key.children.length === 0) {
    return [...note, `${key.name}: ${inline(examples[key.path] ?? key.default)}`].map((line) => pad + line)
  }
  const head = [...note, `${key.name}:`].map((line) => pad + line)
  if (key.holds === 'list') return [...head, ...listItems(key, examples, indent + 2)]
  const names = key.holds === 'names' ? [`${pad}  ${String(examples[`${key.path}.<name>`])}:`] : []
  const deeper = indent + (key.holds === 'names' ? 4 : 2)
  const below = ordered(key.children, examples).flatMap((child) =>
    alternative(child, key, examples) ? [] : block(child, examples, deeper, isActive(child, examples)),
  )
  return [...head, ...names, ...below]
}

/** Keys that go with `files`; the others beside it go with `topic`. */
const OF_FILES = ['map', 'columns', 'rows', 'rate', 'repeat', 'format']

/** The other way to say the same (`files` beside an active `topic`) is left out: both together are an error. */
function alternative(child: Key, parent: Key, examples: Examples): boolean {
  const ways = ['files', 'topic']
  if (
    !parent.children.some(({ name }) => name === 'files') ||
    !parent.children.some(({ name }) => name === 'topic')
  ) {
    return false
  }
  if (ways.includes(child.name)) return !isActive(child, examples)
  return isActive({ ...child, path: `${parent.path}.files` }, examples) !== OF_FILES.includes(child.name)
}

/** A list of maps: one item for each kind of map that the examples fill. */
function listItems(key: Key, examples: Examples, indent: number): string[] {
  const select = key.children.filter(({ name }) => name === 'select')
  const model = key.children.filter(({ name }) => name !== 'select')
  return [model, select].flatMap((children) => {
    const lines = ordered(children, examples).flatMap((child) =>
      block(child, examples, indent + 2, isActive(child, examples)),
    )
    const first = lines.findIndex((line) => !line.trimStart().startsWith('#'))
    const pad = ' '.repeat(indent)
    const mark = (line: string, i: number): string =>
      i > first ? line : `${pad}${i === first ? '- ' : ''}${line.trimStart()}`
    return lines.map(mark)
  })
}

const ordered = (keys: readonly Key[], examples: Examples): Key[] =>
  [...keys].sort((a, b) => Number(isActive(b, examples)) - Number(isActive(a, examples)))

/** An inactive key with everything below it, as YAML that is right once the comment signs are gone. */
function commented(key: Key, indent: number): string[] {
  const pad = ' '.repeat(indent)
  if (key.children.length === 0) return [`${pad}${key.name}: ${inline(key.default ?? placeholder(key))}`]
  const below = key.children.flatMap((child) => {
    const [first, ...rest] = commented(child, indent + 2)
    return [child.description === '' ? first : `${first}  # ${child.description}`, ...rest]
  })
  return [`${pad}${key.name}:`, ...below]
}

function placeholder({ name, type }: Key): unknown {
  if (name === 'username') return '${KAFKA_USER}'
  if (name === 'password') return '${KAFKA_PASSWORD}'
  if (name === 'token') return '${SPILLWAY_TOKEN}'
  if (name === 'servers') return ['nats://localhost:4222']
  if (type.startsWith('list of')) return [name]
  if (type === 'true | false') return true
  if (type.includes('number')) return 1
  return type.includes(' | ') ? type.split(' | ')[0] : name
}

const inline = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
    : stringify(value).trim()
