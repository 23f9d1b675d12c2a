import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadSchemaMap } from '#spillway/ingest/mapping/load.js'
import { translate } from '#spillway/models/foreign/formula.js'
import { foreignDraft } from '#spillway/models/foreign/import.js'
import { spillway } from '../../support/cli.js'
import { need, python } from '../../support/need.js'
import { node, onnx, valueInfo } from '../../support/onnx.js'
import { pipelineIn, readLetters, readParts, runToEnd, temporary, valuesOf } from '../../support/pipelines.js'

/** Processes are started, and a loaded machine takes its time. */
const SLOW = 240_000
const script = fileURLToPath(new URL('export.py', import.meta.url))

/** A folder with a model, its description, events, and numpy's answers. */
function exported(framework: string): {
  readonly folder: string
  readonly answers: readonly (readonly number[])[]
} {
  const folder = temporary()
  execFileSync(python, [script, framework, folder], { stdio: 'pipe' })
  return { folder, answers: JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as number[][] }
}

async function imported(...args: readonly string[]): Promise<void> {
  const { code, err } = await spillway(['import', ...args])
  expect(err).toBe('')
  expect(code).toBe(0)
}

/** Runs a pipeline with the model over the folder's events and compares every score. */
async function expectAnswers(
  folder: string,
  source: string,
  columns: readonly string[],
  answers: readonly (readonly number[])[],
  more = '',
): Promise<void> {
  const text = `
source: { ${source}, rows: 16 }
steps: [{ name: net, model: bundle }]
sink: { scores: { files: scores }, dead_letters: { files: dead }, columns: [] }
${more}`
  const pipeline = pipelineIn(folder, text)
  const { code, out, err } = await spillway(['check', join(folder, 'pipeline.yaml')])
  expect(code, out + err).toBe(0)
  await runToEnd(pipeline)
  const parts = readParts(join(folder, 'scores'))
  columns.forEach((column, c) => {
    const found = valuesOf(parts, `net.${column}`)
    expect(found).toHaveLength(answers.length)
    found.forEach((value, i) => {
      expect(Math.abs(Number(value) - answers[i][c]), `${column} of jet ${i}`).toBeLessThan(2e-5)
    })
  })
}

const LABELS = ['label_QCD', 'label_Hbb', 'label_Tbqq']
const weaverHere = need('python', ['numpy', 'onnx', 'pyarrow'])
const saltHere = need('python', ['numpy', 'onnx', 'h5py'])

describe.skipIf(!weaverHere)('a model that weaver exported runs without code', { timeout: SLOW }, () => {
  const files = 'files: jets.parquet, map: jetclass'

  it.each([
    ['preprocess.json, with the usual formulas', ['preprocess.json']],
    ['preprocess.json and the formulas of its card', ['preprocess.json', '--card', 'card.yaml']],
  ])('%s', async (_what, [description, ...rest]) => {
    const { folder, answers } = exported('weaver')
    const more = rest.map((part) => (part.startsWith('--') ? part : join(folder, part)))
    await imported(
      join(folder, 'model.onnx'),
      join(folder, description),
      ...more,
      '--out',
      join(folder, 'bundle'),
    )
    await expectAnswers(folder, files, LABELS, answers)
    const manifest = JSON.parse(readFileSync(join(folder, 'bundle/manifest.json'), 'utf8'))
    expect(manifest.batch).toBe('dynamic')
    const [, features] = manifest.features.options.inputs
    expect(features.length).toBeNull()
    expect(features.variables[0].value).toBe('ln(hypot(constituents.px, constituents.py))')
    await expectAnswers(folder, files, LABELS, answers, 'reproducible: true')
  })

  it.each([[[]], [['--card', 'card.yaml']]])(
    'without an input that it does not use; not finite for padding with zeros (%j)',
    async (card) => {
      const { folder, answers } = exported('pruned')
      const more = card.map((part) => (part.startsWith('--') ? part : join(folder, part)))
      const [model, description] = ['model.onnx', 'preprocess.json'].map((name) => join(folder, name))
      await imported(model, description, ...more, '--out', join(folder, 'bundle'))
      await expectAnswers(folder, files, LABELS, answers)
    },
  )

  it('a graph of fixed length', async () => {
    const { folder, answers } = exported('weaver')
    await imported(
      join(folder, 'fixed.onnx'),
      join(folder, 'preprocess.json'),
      '--out',
      join(folder, 'bundle'),
    )
    await expectAnswers(folder, files, LABELS, answers)
  })

  it('tells what it cannot know, and takes it by hand', async () => {
    const { folder, answers } = exported('weaver')
    const text = readFileSync(join(folder, 'preprocess.json'), 'utf8').replaceAll('part_d0err', 'part_sd0')
    const description = join(folder, 'other.json')
    writeFileSync(description, text)
    const args = ['import', join(folder, 'model.onnx'), description, '--out', join(folder, 'bundle')]
    const { code, err } = await spillway(args)
    expect(code).toBe(1)
    expect(err).toContain('COLUMN_MISSING: nothing says which column is variable part_sd0')
    expect(err).toContain('--variable part_sd0=EXPRESSION')
    await imported(...args.slice(1), '--variable', 'part_sd0=constituents.d0_err')
    await expectAnswers(folder, files, LABELS, answers)
  })
})

describe.skipIf(!saltHere)('a model that salt exported runs without code', { timeout: SLOW }, () => {
  it('by the metadata of its ONNX file, jets without tracks too', async () => {
    const { folder, answers } = exported('salt')
    await imported(join(folder, 'model.onnx'), '--out', join(folder, 'bundle'))
    const manifest = JSON.parse(readFileSync(join(folder, 'bundle/manifest.json'), 'utf8'))
    expect(manifest.features.options.inputs[0].variables[0].value).toBe('jet.pt * 1000')
    for (const more of ['', 'reproducible: true'])
      await expectAnswers(
        folder,
        'files: jets.h5, map: dumper',
        ['GN2_pb', 'GN2_pc', 'GN2_pu'],
        answers,
        more,
      )
    expect(() => readLetters(join(folder, 'dead'))).toThrow('there is no folder')
  })
})

describe('what an import refuses', () => {
  const graph = (inputs: readonly string[]): Uint8Array =>
    onnx({
      nodes: [node('Identity', [inputs[0]], ['softmax'])],
      inputs: inputs.map((name) => valueInfo(name, ['N', 1, 'P'])),
      outputs: [valueInfo('softmax', ['N', 2])],
    })
  const info = { median: 0, norm_factor: 1, lower_bound: -1e32, upper_bound: 1e32, pad: 0 }
  const described = (inputs: readonly string[]): string =>
    JSON.stringify({
      input_names: inputs,
      output_names: ['a', 'b'],
      ...Object.fromEntries(
        inputs.map((name) => [name, { var_names: ['part_px'], var_infos: { part_px: info }, var_length: 4 }]),
      ),
    })
  const draft = async (model: Uint8Array, text: string | null) =>
    foreignDraft(model, {
      name: 'm',
      place: 'm.onnx',
      description: text === null ? null : { file: 'preprocess.json', text },
      card: null,
      map: await loadSchemaMap('jetclass'),
      given: new Map(),
    })

  it('inputs that graph and description do not share, and graphs that say nothing', async () => {
    await expect(draft(graph(['pf_a']), described(['pf_b']))).rejects.toThrow(
      'nothing is said of graph input pf_a',
    )
    await expect(draft(graph(['pf_a', 'pf_c']), described(['pf_a']))).rejects.toThrow(
      'nothing is said of graph input pf_c',
    )
    await expect(draft(graph(['pf_a']), null)).rejects.toThrow('it has no gnn_config')
    const good = await draft(graph(['pf_a']), described(['pf_a']))
    expect(good.features.options).toMatchObject({
      inputs: [{ name: 'pf_a', list: 'constituents', length: 4 }],
    })
    expect(good.outputs).toEqual([{ name: 'softmax', columns: ['a', 'b'] }])
  })

  it('formulas without a counterpart', () => {
    const of = (formula: string): string => translate(formula, (name) => `c.${name}`, 'card.yaml')
    expect(of('np.log(part_pt/jet_pt)')).toBe('ln(c.part_pt / c.jet_pt)')
    expect(of('np.clip(a, -1, 1e2) * b**2')).toBe('clamp(c.a,  - 1, 1e2) * pow(c.b, 2)')
    expect(of('(a > 0) & ~(b == 1)')).toBe('(c.a > 0) and not (c.b == 1)')
    expect(of('ak.ones_like(np.abs(x)) - y')).toBe('1 - c.y')
    expect(() => of('awkward.magic(x)')).toThrow('awkward.magic in awkward.magic(x) has no counterpart here')
    expect(() => of('x[0]')).toThrow('[0] in x[0]')
    expect(() => of('(a + b)**2')).toThrow('** in')
  })
})
