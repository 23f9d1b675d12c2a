import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { type Events, float32 } from '#spillway/ingest/columns.js'
import { nearPole } from '#spillway/models/polarization/poles.js'
import { recipe } from '#spillway/models/polarization/regression/recipe.js'
import {
  auxiliaryOf,
  dijets,
  phaseSpaces,
  SAMPLES,
} from '#spillway/models/polarization/regression/samples.js'
import { repository } from '../../support/cli.js'

const read = (name: string): Events =>
  decodeMessage(readFileSync(repository(`test/data/${name}`)), defaultLimits)
const [w, wz] = ['wj_small.arrow', 'wzjj_small.arrow'].map(read)
const lists = { leptons: 'leptons', jets: 'jets' }
const rows = ({ rows: count }: Events) => Array.from({ length: count }, (_, row) => row)

/** Entries of a list of one event. */
function of(events: Events, list: string, name: string, row: number): number[] {
  const offsets = events.offsets(list)
  return [...float32(events, `${list}.${name}`).subarray(offsets[row], offsets[row + 1])]
}

describe('phase spaces with a W boson', () => {
  it('the generator’s is the sample’s own; the fiducial one cuts on leptons and jets, not on the neutrino', () => {
    const { generator, fiducial } = phaseSpaces(w, 'w', lists)
    expect(generator.every((pass) => pass === 1)).toBe(true)
    const expected = rows(w).map((row) => {
      const [[pt], [eta]] = ['pt', 'eta'].map((name) => of(w, 'leptons', name, row))
      const [[jetPt], [jetEta]] = ['pt', 'eta'].map((name) => of(w, 'jets', name, row))
      return pt > 20 && Math.abs(eta) < 2.7 && jetPt > 20 && Math.abs(jetEta) < 4 ? 1 : 0
    })
    expect([...fiducial]).toEqual(expected)
    const share = expected.filter((pass) => pass === 1).length / w.rows
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.9)
  })

  it('needs both jets and all three leptons of WZ', () => {
    const { fiducial } = phaseSpaces(wz, 'wz-w', lists)
    rows(wz).forEach((row) => {
      const soft = of(wz, 'leptons', 'pt', row).some((pt) => pt <= 20)
      const forward = of(wz, 'jets', 'eta', row)
        .slice(0, 2)
        .some((eta) => Math.abs(eta) >= 4)
      if (soft || forward) expect(fiducial[row]).toBe(0)
    })
    expect(fiducial.some((pass) => pass === 1)).toBe(true)
  })

  it('takes both bosons near their poles', () => {
    const near = nearPole(wz, SAMPLES['wz-w'].poles, 10)
    const [v1, v2] = ['truth.v1_mass', 'truth.v2_mass'].map((path) => float32(wz, path))
    expect([...near]).toEqual(
      rows(wz).map((row) => (Math.abs(v1[row] - 80.4) < 10 && Math.abs(v2[row] - 91.2) < 10 ? 1 : 0)),
    )
    expect(nearPole(wz, SAMPLES['wz-w'].poles, null).every((pass) => pass === 1)).toBe(true)
  })
})

describe('the sample of a recipe', () => {
  const labels = (events: Events, options: object) => {
    const parsed = recipe.options.parse({ boson: 'w', ...options })
    return recipe.task(parsed).label(events, 'wj.arrow')
  }

  it('trains on one phase space and looks at the rest', () => {
    const { fiducial } = phaseSpaces(w, 'w', lists)
    const { keep } = labels(w, { phase_space: 'fiducial', pole: null })
    expect([...keep]).toEqual(Array.from(fiducial, (pass) => (pass === 1 ? 1 : 2)))
  })

  it('takes quarks along +z, of the initial or the final state', () => {
    const channel = float32(w, 'truth.initial_channel')
    const incoming = labels(w, { quark_pz: 'incoming', channels: [0, 1], pole: null }).keep
    expect([...incoming]).toEqual(Array.from(channel, (code) => (code === 0 ? 1 : 0)))
    const outgoing = labels(w, { quark_pz: 'outgoing', pole: null }).keep
    expect([...outgoing]).toEqual(rows(w).map((row) => (of(w, 'jets', 'eta', row)[0] > 0 ? 1 : 0)))
  })
})

describe('the pair of jets', () => {
  it('has the mass and the distance in η that the sample says', () => {
    const { m_jj, deta_jj } = dijets(wz, 'jets')
    const [mass, distance] = ['truth.m_jj', 'truth.deta_jj'].map((path) => float32(wz, path))
    rows(wz).forEach((row) => {
      expect(m_jj[row] / mass[row]).toBeCloseTo(1, 3)
      expect(deta_jj[row]).toBeCloseTo(Math.abs(distance[row]), 3)
    })
    expect(dijets(w, 'jets').m_jj.every(Number.isNaN)).toBe(true)
  })
})

describe('auxiliary targets', () => {
  it('are the true neutrino along the beam, or the W boson', () => {
    const pz = auxiliaryOf(w, 'neutrino-pz', 'truth.w_', 'neutrinos')
    float32(w, 'truth.nu_pz').forEach((truth, row) => {
      expect((50 * Math.sinh(pz[row])) / Math.max(1, Math.abs(truth))).toBeCloseTo(
        truth / Math.max(1, Math.abs(truth)),
        3,
      )
    })
    const boson = auxiliaryOf(wz, 'w-momentum', 'truth.v1_', 'neutrinos')
    const [pt, eta, mass] = ['pt', 'eta', 'mass'].map((name) => float32(wz, `truth.v1_${name}`))
    for (const row of [0, 7, 100]) {
      const pz = pt[row] * Math.sinh(eta[row])
      expect(boson[3 * row]).toBeCloseTo(Math.log(pt[row]), 5)
      expect(boson[3 * row + 1]).toBe(eta[row])
      expect(boson[3 * row + 2]).toBeCloseTo(0.5 * Math.log(pt[row] ** 2 + pz ** 2 + mass[row] ** 2), 4)
    }
  })
})
