import { expect, test, vi } from 'vitest'
import { Manifest, readBundle } from '#spillway/models/manifest.js'
import { tryProvider } from '#spillway/models/provider-trial.js'
import { tryModel } from '#spillway/models/trial.js'
import { checkPipeline } from '#spillway/stream/check/pipeline.js'
import { dryRun } from '#spillway/stream/dry-run.js'
import { tinyEvents, writeBundle } from '../support/bundle.js'
import { temporaryFolder } from '../support/cli.js'
import { tinyModel } from '../support/tiny-model.js'

// Processes are started: slow on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const folder = temporaryFolder()
folder.file('events.arrow', tinyEvents([1, 2, 3]))

const pipeline = (model: string, more = ''): string =>
  folder.file(
    `${model}.yaml`,
    `name: tiny
source: { files: events.arrow }
steps:
  - name: twice
    model: ${model}
${more}sink:
  scores: { files: out/scores }
  dead_letters: { files: out/dead }
`,
  )

/** The one problem that `check` has with a model, which must stand at the line of `model:`. */
async function problem(model: string): Promise<string> {
  const file = pipeline(model)
  const { problems } = await checkPipeline(file)
  expect(problems).toHaveLength(1)
  expect(problems[0].place).toContain(`${file}:5`)
  expect(problems[0].remedy).not.toBe('')
  return `${problems[0].code}: ${problems[0].message}`
}

test('a model that is not there', async () => {
  expect(await problem('nowhere')).toMatch(/^MODEL_UNREADABLE: cannot read .*nowhere\/manifest\.json/)
})

test('bytes that are not those of the manifest', async () => {
  writeBundle(folder.file, 'digest')
  folder.file('digest/model.onnx', tinyModel({ operator: 'Neg' }))
  expect(await problem('digest')).toMatch(
    /^MODEL_INVALID: sha256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}/,
  )
})

test('a file that is not protobuf', async () => {
  writeBundle(folder.file, 'text', new TextEncoder().encode('this is no model, this is prose'))
  expect(await problem('text')).toMatch(/^MODEL_INVALID: /)
})

test('weights in another file', async () => {
  writeBundle(folder.file, 'external', tinyModel({ external: true }))
  expect(await problem('external')).toBe('MODEL_INVALID: model keeps weights in external data')
})

test('operators of a foreign domain', async () => {
  writeBundle(folder.file, 'foreign', tinyModel({ operator: 'Evil', domain: 'com.evil' }))
  expect(await problem('foreign')).toBe('MODEL_INVALID: operator Evil is of domain com.evil')
})

test('an operator that ONNX Runtime does not know', async () => {
  writeBundle(folder.file, 'unknown', tinyModel({ operator: 'Frobnicate' }))
  expect(await problem('unknown')).toMatch(/^MODEL_INVALID: ONNX Runtime refuses the model: .*Frobnicate/)
})

test('an output that the graph does not have', async () => {
  writeBundle(folder.file, 'output', tinyModel({ output: 'z' }))
  expect(await problem('output')).toBe('MODEL_INVALID: the graph has no output y; it has z')
})

test('an output with more columns than the graph gives', async () => {
  writeBundle(folder.file, 'width', tinyModel(), { outputs: [{ name: 'y', columns: ['y', 'z'] }] })
  expect(await problem('width')).toBe(
    'MODEL_INVALID: graph output y has 1 values an item, the manifest names 2 columns',
  )
})

test('an input of another width than the features', async () => {
  writeBundle(folder.file, 'input', tinyModel({ input: ['n', 3] }))
  expect(await problem('input')).toBe('MODEL_INVALID: graph input x is 3 wide on axis 1, tensor x is 1')
})

test('a fixed batch, which `batch: none` allows when it is 1', async () => {
  writeBundle(folder.file, 'fixed', tinyModel({ input: [4, 1] }))
  expect(await problem('fixed')).toMatch(/^MODEL_INVALID: graph input x has a fixed batch of 4/)
  writeBundle(folder.file, 'single', tinyModel({ input: [1, 1] }), { batch: 'none' })
  expect((await checkPipeline(pipeline('single'))).problems).toEqual([])
})

test('a feature builder that this program does not have', async () => {
  writeBundle(folder.file, 'builder', tinyModel(), {
    features: { builder: 'colums', version: 1, options: {} },
  })
  expect(await problem('builder')).toMatch(
    /^MODEL_INVALID: feature builder colums is unknown; there are columns/,
  )
})

test('a column that the features read and the events lack', async () => {
  writeBundle(folder.file, 'column', tinyModel(), {
    features: { builder: 'columns', version: 1, options: { tensors: [{ name: 'x', columns: ['met'] }] } },
  })
  expect(await problem('column')).toBe('COLUMN_MISSING: column met is not there')
})

test('a process that ends while it loads a model takes only itself down', async () => {
  writeBundle(folder.file, 'tiny')
  const bundle = readBundle(`${folder.path}/tiny`)
  const request = {
    bundle,
    session: { provider: 'cpu', threads: 1, reproducible: false },
    batch: { rows: 8, tokens: 8, reproducible: false },
    probe: true,
  } as const
  // No process can load anything within a millisecond: it is killed, as one that hangs would be.
  await expect(tryModel(request, 1)).rejects.toMatchObject({ code: 'MODEL_CRASHES' })
  await expect(tryModel(request)).resolves.toMatchObject({
    provider: 'cpu',
    probe: { events: 2, compared: 2 },
  })
})

test('a probe whose answers the model does not give fails the dry run, with the worst difference', async () => {
  writeBundle(folder.file, 'skewed', tinyModel(), {}, [2, 4.5])
  const failure = await dryRun(pipeline('skewed'), [], () => {}).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(AggregateError)
  const [error] = (failure as AggregateError).errors
  expect(error).toMatchObject({ code: 'PROBE_FAILED' })
  expect(error.message).toMatch(
    /y = 4 for item 1 of its probe, the answer is 4.5: off by 0.500, allowed 0.0000550/,
  )
})

test('a dry run scores the first record batch and writes nothing', async () => {
  writeBundle(folder.file, 'tiny')
  const report = await dryRun(pipeline('tiny'), [], () => {})
  expect(report.models).toMatchObject([{ step: 'twice', provider: 'cpu' }])
  expect(report.message?.events).toBe(3)
  expect([...(report.message?.scores?.column('twice.y').values ?? [])]).toEqual([2, 4, 6])
  const { existsSync } = await import('node:fs')
  expect(existsSync(`${folder.path}/out`)).toBe(false)
})

const cudaLoads = await tryProvider('cuda').then(
  () => true,
  () => false,
)
if (cudaLoads) console.error('SKIPPED: a provider that cannot load: CUDA loads here')
test.skipIf(cudaLoads)('an explicit provider that cannot load, with its remedy and line', async () => {
  writeBundle(folder.file, 'tiny')
  const file = pipeline('tiny', '    provider: cuda\n')
  const failure = (await dryRun(file, [], () => {}).catch((error: unknown) => error)) as AggregateError
  expect(failure.errors[0]).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  expect(failure.errors[0].place).toContain(`${file}:6`)
  expect(failure.errors[0].remedy).toContain('set provider: cpu')
})

test.each([
  'demo/models/polarization',
  'demo/models/h4l',
  'demo/models/lundnet',
  'test/data/models/jet-tagger-single',
])('the manifest of %s is valid', (path) => {
  const { manifest } = readBundle(new URL(`../../${path}`, import.meta.url).pathname)
  expect(Manifest.parse(manifest).probe).toBeDefined()
})
