import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ArrowFile, decodeMessage, defaultLimits, SchemaMemory } from '#spillway/ingest/arrow/index.js'
import type { Events } from '#spillway/ingest/columns.js'
import { cutFlowOperator } from '#spillway/models/cutflow/operator.js'
import { type Preset, presetSelection } from '#spillway/models/cutflow/presets.js'
import { columnName } from '#spillway/models/cutflow/selection.js'
import { eventsOf } from '../../support/events.js'
import { need, python } from '../../support/need.js'

interface Line {
  readonly cut: string
  readonly events: number
  readonly weight: number
  readonly squares: number
}
interface Expected {
  readonly file: string
  readonly selection: Preset
  readonly lines: readonly Line[]
}

// Written by reference.py, which knows nothing of this project but docs/cutflow.md.
const expected = JSON.parse(
  readFileSync(new URL('expected.json', import.meta.url), 'utf8'),
) as readonly Expected[]

const lists = { leptons: 'leptons', jets: 'jets' }
const pathOf = (file: string) => fileURLToPath(new URL(`../../data/${file}`, import.meta.url))

async function batchesOf(file: string): Promise<Events[]> {
  await using arrow = await ArrowFile.open(pathOf(file))
  const schemas = new SchemaMemory(4)
  const batches: Events[] = []
  for await (const { bytes } of arrow.batches()) batches.push(decodeMessage(bytes, defaultLimits, schemas))
  return batches
}

async function select(preset: Preset, file: string) {
  const operator = cutFlowOperator('sel', presetSelection(preset, lists))
  return { operator, parts: (await operator.apply(await batchesOf(file))).parts }
}

describe.each(expected)('$selection on $file', ({ selection, file, lines }) => {
  it('counts what the reference counts', async () => {
    const { parts } = await select(selection, file)
    const counted = lines.map(({ cut }) => {
      const sums = { cut, events: 0, weight: 0, squares: 0 }
      for (const events of parts) {
        const mask = cut === 'all' ? null : events.column(`sel.${cut}`).values
        const weights = events.column('weight').values
        for (let row = 0; row < events.rows; row++) {
          if (mask !== null && mask[row] === 0) continue
          sums.events++
          sums.weight += Number(weights[row])
          sums.squares += Number(weights[row]) ** 2
        }
      }
      return sums
    })
    expect(counted.map(({ cut, events }) => [cut, events])).toEqual(
      lines.map(({ cut, events }) => [cut, events]),
    )
    counted.forEach(({ weight, squares }, k) => {
      expect(weight).toBeCloseTo(lines[k].weight, 9)
      expect(squares).toBeCloseTo(lines[k].squares, 9)
    })
  })

  it.skipIf(!need('python', ['pyarrow']))('finds the same in every event', async () => {
    const script = fileURLToPath(new URL('reference.py', import.meta.url))
    const answer = execFileSync(python, [script, 'count', selection, pathOf(file)], { maxBuffer: 1 << 26 })
    // Python writes NaN, which JSON has not.
    const { events: theirs } = JSON.parse(String(answer).replaceAll('NaN', 'null')) as {
      events: Record<string, unknown>[]
    }
    const { parts } = await select(selection, file)
    const ours = parts.flatMap((events) =>
      Array.from({ length: events.rows }, (_, row) => rowOf(events, row, selection)),
    )
    expect(ours.length).toBe(theirs.length)
    ours.forEach((row, i) => {
      for (const [name, value] of Object.entries(row)) {
        const other = theirs[i][name] ?? null
        const where = `${name} of event ${i}`
        if (typeof value === 'number') expect(Math.abs(value - Number(other)), where).toBeLessThan(1e-6)
        else expect(value, where).toEqual(other)
      }
    })
  })
})

function rowOf(events: Events, row: number, selection: Preset): Record<string, unknown> {
  const read = (name: string): unknown => {
    const { values, valid, dictionary } = events.column(`sel.${name}`)
    if (valid !== null && valid[row] === 0) return null
    return dictionary?.[Number(values[row])] ?? Number(values[row])
  }
  const pass = read('pass') === 1
  if (selection !== 'h4l') return { pass, m_ll: read('m_ll') }
  const names = ['m12', 'm34', 'm4l', 'pt4l', 'channel', 'category', 'n_jets']
  const four = ['lepton1', 'antilepton1', 'lepton2', 'antilepton2'].map(read)
  const chosen = read('m4l') === null ? null : [...four].sort()
  const theirsOf = Object.fromEntries(names.map((name) => [name, read(name)]))
  return { pass, ...theirsOf, quadruplet: chosen }
}

describe('a selection', () => {
  const none = {
    'leptons.pt': ['float32', [[], []]],
    'leptons.eta': ['float32', [[], []]],
    'leptons.phi': ['float32', [[], []]],
    'leptons.mass': ['float32', [[], []]],
    'leptons.charge': ['int8', [[], []]],
    'leptons.pdg_id': ['int16', [[], []]],
    'jets.pt': ['float32', [[], []]],
    'jets.eta': ['float32', [[], []]],
    'jets.phi': ['float32', [[], []]],
    'jets.mass': ['float32', [[], []]],
  } as const
  const empty = Object.fromEntries(Object.entries(none).map(([path, [type]]) => [path, [type, []] as const]))

  it.each(['h4l', 'zjets-generator', 'zjets-fiducial'] as const)(
    '%s takes events of nothing',
    async (preset) => {
      const operator = cutFlowOperator('sel', presetSelection(preset, lists))
      const { parts } = await operator.apply([eventsOf(none), eventsOf(empty, ['leptons', 'jets'])])
      expect(parts.map(({ rows }) => rows)).toEqual([2, 0])
      expect(parts[0].column('sel.pass').values).toEqual(Uint8Array.of(0, 0))
      for (const { path, type, axis } of operator.produces) {
        expect(parts[0].column(path)).toMatchObject({ type, axis })
        expect(parts[1].column(path).values.length).toBe(0)
        if (type !== 'bool') expect([...(parts[0].column(path).valid ?? [])]).toEqual([0, 0])
      }
    },
  )

  it('names cuts as columns', () => {
    expect(['m_Z', 'dR(jet, lepton)', 'two leptons'].map(columnName)).toEqual([
      'm_z',
      'dr_jet_lepton',
      'two_leptons',
    ])
  })
})
