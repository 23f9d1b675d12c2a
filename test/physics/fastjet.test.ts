import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { fromPtEtaPhiE } from '#spillway/physics/convert.js'
import { Clusterer } from '#spillway/physics/jets/clusterer.js'
import {
  antiKt,
  cambridgeAachen,
  type JetDefinition,
  kt,
  WHOLE_JET,
} from '#spillway/physics/jets/definition.js'
import { readJets } from '../support/arrow-jets.mjs'
import { need, python } from '../support/need.js'
import { compareWithFastjet, FASTJET_COLUMNS } from './compare-fastjet.mjs'
import { generateEvents } from './generate-events.mjs'
import { runPython } from './support.js'

const file = fileURLToPath(new URL('../data/largeR_jets_small.arrow', import.meta.url))
const exact = { history: 0, jets: 0, lund: 0 }

describe.skipIf(!need('python', ['numpy', 'fastjet']))('FastJet', () => {
  const check = (p4: ReturnType<typeof fromPtEtaPhiE>, offsets: Int32Array, definition: JetDefinition) => {
    const inputs = { ...p4, offsets, definition: [definition.p, definition.radius] }
    const theirs = runPython('fastjet_history.py', inputs, FASTJET_COLUMNS)
    return compareWithFastjet(new Clusterer().cluster(p4, offsets, definition), theirs)
  }

  it('reclusters 2,000 large-R jets in the same steps to the same Lund planes', () => {
    const { constituents, offsets } = readJets(file)
    const result = check(fromPtEtaPhiE(constituents), offsets, cambridgeAachen(WHOLE_JET))
    expect(result.lists).toBe(2000)
    expect(result.splittings).toBeGreaterThan(20_000)
    expect(result.different).toEqual(exact)
    expect(Math.max(result.worst.pt, result.worst.mass, result.worst.lund)).toBeLessThan(1e-8)
  })

  it.each([antiKt(0.4), antiKt(1), kt(0.4), cambridgeAachen(0.4), { p: 0.5, radius: 0.6 }, antiKt(0.05)])(
    'finds the same jets of generated events: $p, $radius',
    (definition) => {
      const { p4, offsets } = generateEvents(150, 7)
      const result = check(p4, offsets, definition)
      expect(result.lists).toBe(150)
      expect(result.different).toEqual(exact)
      expect(Math.max(result.worst.pt, result.worst.mass, result.worst.lund)).toBeLessThan(1e-8)
    },
  )

  it.each([antiKt(0.4), antiKt(1), kt(0.4)])(
    'finds the same jets of 1,500 particles: $p, $radius',
    (definition) => {
      const { p4, offsets } = generateEvents(64, 8)
      const joined = offsets.filter((_, l) => l % 8 === 0)
      const result = check(p4, joined, definition)
      expect(result.lists).toBe(8)
      expect(result.different).toEqual(exact)
    },
  )

  it('is compared by a script for any number of jets', () => {
    const script = fileURLToPath(new URL('fastjet-crosscheck.mjs', import.meta.url))
    const args = [script, '--jets', file, '--limit', '50', '--events', '40']
    const lines = execFileSync(process.execPath, args, { env: { ...process.env, SPILLWAY_PYTHON: python } })
    const samples = lines.toString().trim().split('\n')
    expect(samples.map((line) => JSON.parse(line).lists)).toEqual([50, 10, 10, 10, 10])
  })
})
