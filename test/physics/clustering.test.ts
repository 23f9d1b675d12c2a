import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Cartesian64 } from '#spillway/physics/columns.js'
import { Clusterer } from '#spillway/physics/jets/clusterer.js'
import { antiKt, cambridgeAachen, type JetDefinition, kt } from '#spillway/physics/jets/definition.js'
import { BEAM, type ClusterHistory, emptyHistory } from '#spillway/physics/jets/history.js'
import { constituents, exclusiveJets, exclusiveJetsUpTo, inclusiveJets } from '#spillway/physics/jets/jets.js'
import { ListClusterer } from '#spillway/physics/jets/list-clusterer.js'
import { nodesWatDigest } from '#spillway/physics/jets/nodes.wasm.js'
import { plainWatDigest } from '#spillway/physics/jets/plain.wasm.js'
import { tiledWatDigest } from '#spillway/physics/jets/tiled.wasm.js'
import { tilesWatDigest } from '#spillway/physics/jets/tiles.wasm.js'
import { generateEvents } from './generate-events.mjs'
import { momenta, random, worstDifference } from './support.js'

/** A massless particle: pT, y, φ. */
const particle = (pt: number, y: number, phi: number): [number, number, number, number] => [
  pt * Math.cos(phi),
  pt * Math.sin(phi),
  pt * Math.sinh(y),
  pt * Math.cosh(y),
]

const one = (p4: Cartesian64): Int32Array => Int32Array.of(0, p4.px.length)
const cluster = (p4: Cartesian64, definition: JetDefinition, offsets = one(p4)): ClusterHistory =>
  new Clusterer().cluster(p4, offsets, definition)

describe('the clustering history', () => {
  it('has the distances of the definition', () => {
    // ΔR of the first two is 0.3, and they are 5 away from the third in rapidity.
    const p4 = momenta(particle(10, 0, 1), particle(2, 0.3, 1), particle(4, 5, 1))
    const first = (definition: JetDefinition): number => cluster(p4, definition).distance[0]
    expect(first(cambridgeAachen(0.6))).toBeCloseTo(0.25, 12)
    expect(first(antiKt(0.6))).toBeCloseTo(0.25 / 100, 12)
    expect(first(kt(0.6))).toBeCloseTo(0.25 * 4, 12)
  })

  it('numbers particles, then what each step made', () => {
    const p4 = momenta(particle(10, 0, 1), particle(4, 5, 1), particle(2, 0.3, 1))
    const history = cluster(p4, antiKt(0.6))
    expect([...history.parent1]).toEqual([0, 3, 1])
    expect([...history.parent2]).toEqual([2, BEAM, BEAM])
    expect(history.nodes.px[3]).toBeCloseTo(p4.px[0] + p4.px[2], 12)
    expect(history.nodes.e[3]).toBeCloseTo(p4.e[0] + p4.e[2], 12)
  })

  it('merges across the φ seam', () => {
    const angles = [Math.PI - 0.05, -Math.PI + 0.05]
    const seam = momenta(...angles.map((phi) => particle(10, 0.1, phi)))
    const turned = momenta(...angles.map((phi) => particle(10, 0.1, phi - 2)))
    const [a, b] = [cluster(seam, antiKt(0.4)), cluster(turned, antiKt(0.4))]
    expect([...a.parent2]).toEqual([1, BEAM])
    expect([...a.parent2]).toEqual([...b.parent2])
    expect(a.distance[0]).toBeCloseTo(b.distance[0], 12)
  })

  it('is empty for no particle and one beam step for one', () => {
    const p4 = momenta(particle(3, 1, 2))
    const history = cluster(p4, antiKt(0.4), Int32Array.of(0, 0, 1, 1))
    expect([...history.parent1]).toEqual([0])
    expect([...history.parent2]).toEqual([BEAM])
    expect([...inclusiveJets(history).offsets]).toEqual([0, 0, 1, 1])
    expect(history.distance[0]).toBeCloseTo(1 / 9, 12)
  })

  it.each(['plain', 'tiled'] as const)('never merges what is not finite: %s', (strategy) => {
    const clusterer = new ListClusterer()
    const good = [particle(10, 0, 1), particle(8, 0.1, 1.1), particle(0.5, 3, -2)] as const
    const bad: [number, number, number, number][] = [
      [Number.NaN, 1, 1, 2],
      [1, 1, Number.NaN, 2],
      [1, 1, 1, Number.NaN],
      [Number.POSITIVE_INFINITY, 0, 0, Number.POSITIVE_INFINITY],
      [1e200, 1e200, 0, 1e200],
    ]
    for (const definition of [antiKt(0.4), kt(0.4), cambridgeAachen(0.4)]) {
      const clean = momenta(...good)
      const mixed = momenta(good[0], ...bad, good[1], good[2])
      const expected = emptyHistory(one(clean), 3)
      const history = emptyHistory(one(mixed), 8)
      clusterer.cluster(clean, 0, 3, definition, strategy, expected)
      clusterer.cluster(mixed, 0, 8, definition, strategy, history)
      const pts = (h: ClusterHistory): number[] => {
        const jets = inclusiveJets(h, 1e-3)
        return Array.from(jets.px, (x, i) => Math.hypot(x, jets.py[i]))
      }
      expect(pts(history)).toEqual(pts(expected))
      const alone = [...history.parent1].filter((p, s) => history.parent2[s] === BEAM && p >= 1 && p <= 5)
      expect(alone.sort()).toEqual([1, 2, 3, 4, 5])
    }
  })

  it('takes zero momenta, each as a jet of its own', () => {
    const p4 = momenta([0, 0, 0, 0], particle(10, 0, 1), [0, 0, 5, 5], [0, 0, -5, 5])
    for (const definition of [antiKt(0.4), kt(0.4), cambridgeAachen(0.4)]) {
      expect(inclusiveJets(cluster(p4, definition)).node.length).toBe(4)
    }
  })

  it('is the same from all pairs and from tiles', () => {
    // Far forward and beam-like particles too: beyond the outermost rapidity bucket.
    const { p4: central, offsets } = generateEvents(60, 3)
    const next = random(9)
    const p4 = Object.fromEntries(
      Object.entries(central).map(([k, v]) => [k, v.slice()]),
    ) as unknown as Cartesian64
    for (let i = 0; i < p4.px.length; i += 7) {
      const far =
        i % 3 === 0 ? [0, 0, 1e3 * next(), 1e3] : particle(next() + 0.1, 30 * next() - 15, 6 * next())
      if (i % 3 === 0) far[3] = far[2]
      ;[p4.px[i], p4.py[i], p4.pz[i], p4.e[i]] = far
    }
    const clusterer = new ListClusterer()
    for (const definition of [
      antiKt(0.4),
      kt(0.4),
      antiKt(1),
      antiKt(0.02),
      kt(1.5),
      { p: 0.3, radius: 0.7 },
    ]) {
      const [a, b] = [emptyHistory(offsets, p4.px.length), emptyHistory(offsets, p4.px.length)]
      for (let l = 0; l < 60; l++) {
        clusterer.cluster(p4, offsets[l], offsets[l + 1], definition, 'plain', a)
        clusterer.cluster(p4, offsets[l], offsets[l + 1], definition, 'tiled', b)
      }
      expect(worstDifference(b.distance, a.distance)).toBe(0)
      // Several jets without pT have one distance, and either order is right; mergings and jets are the same.
      const mergings = (h: ClusterHistory) => h.parent1.filter((_, s) => h.parent2[s] !== BEAM)
      expect(worstDifference(mergings(b), mergings(a))).toBe(0)
      expect(worstDifference(inclusiveJets(b).px, inclusiveJets(a).px)).toBe(0)
    }
  })

  it('of Cambridge/Aachen has the same jets from both, in another order of beam steps', () => {
    const { p4, offsets } = generateEvents(30, 4)
    const clusterer = new ListClusterer()
    const jets = (['plain', 'tiled'] as const).map((strategy) => {
      const history = emptyHistory(offsets, p4.px.length)
      for (let l = 0; l < 30; l++) {
        clusterer.cluster(p4, offsets[l], offsets[l + 1], cambridgeAachen(0.4), strategy, history)
      }
      return inclusiveJets(history)
    })
    expect(jets[1]).toEqual(jets[0])
  })

  it('does not depend on what was clustered before, on the batch or on single precision of exact values', () => {
    const { p4, offsets } = generateEvents(20, 5)
    const clusterer = new Clusterer()
    const together = clusterer.cluster(p4, offsets, antiKt(0.4))
    const again = clusterer.cluster(p4, offsets, antiKt(0.4))
    expect(again).toEqual(together)
    const alone = cluster(p4, antiKt(0.4), offsets.slice(7, 9))
    const [first, end] = [offsets[7], offsets[8]]
    expect(alone.parent1.slice(first, end)).toEqual(together.parent1.slice(first, end))
    const rounded = Object.fromEntries(Object.entries(p4).map(([k, v]) => [k, Float32Array.from(v)]))
    const single = rounded as unknown as Record<keyof Cartesian64, Float32Array>
    const double = Object.fromEntries(Object.entries(rounded).map(([k, v]) => [k, Float64Array.from(v)]))
    expect(clusterer.cluster(single, offsets, kt(0.4))).toEqual(
      clusterer.cluster(double as unknown as Cartesian64, offsets, kt(0.4)),
    )
  })

  it('refuses offsets that do not fit and radii out of range', () => {
    const p4 = momenta(particle(1, 0, 0), particle(1, 1, 1))
    const code = (f: () => unknown): string => {
      try {
        f()
      } catch (error) {
        return (error as { code: string }).code
      }
      return 'none'
    }
    for (const offsets of [[], [0, 3], [2, 1], [-1, 2]]) {
      expect(code(() => cluster(p4, antiKt(0.4), Int32Array.from(offsets)))).toBe('KERNEL_INPUT')
    }
    expect(code(() => cluster({ ...p4, e: new Float64Array(3) }, antiKt(0.4)))).toBe('KERNEL_INPUT')
    for (const radius of [0, -1, Number.NaN, 1e4]) expect(code(() => antiKt(radius))).toBe('KERNEL_OPTION')
    expect(code(() => cluster(p4, { p: Number.NaN, radius: 1 }))).toBe('KERNEL_OPTION')
  })
})

describe('jets', () => {
  const p4 = momenta(
    particle(10, 0, 1),
    particle(2, 0.2, 1),
    particle(30, 2, -1),
    particle(3, 2, -1.3),
    particle(1, -4, 0),
  )

  it('are inclusive in descending pT, above a threshold', () => {
    const history = cluster(p4, antiKt(0.6))
    const jets = inclusiveJets(history, 5)
    const pts = Array.from(jets.px, (x, i) => Math.hypot(x, jets.py[i]))
    expect(pts.length).toBe(2)
    expect(pts[0]).toBeGreaterThan(32.8)
    expect(pts[1]).toBeCloseTo(12, 10)
    expect([...inclusiveJets(history).offsets]).toEqual([0, 3])
  })

  it('know their constituents', () => {
    const { offsets, particle: index } = constituents(
      cluster(p4, antiKt(0.6)),
      inclusiveJets(cluster(p4, antiKt(0.6))),
    )
    expect([...offsets]).toEqual([0, 2, 4, 5])
    expect([...index]).toEqual([2, 3, 0, 1, 4])
  })

  it('are exclusive by number and by distance', () => {
    const history = cluster(p4, cambridgeAachen(100))
    const two = exclusiveJets(history, 2)
    expect(two.node.length).toBe(2)
    expect(two.e.reduce((a, b) => a + b)).toBeCloseTo(
      p4.e.reduce((a, b) => a + b),
      8,
    )
    expect(exclusiveJets(history, 9).node.length).toBe(5)
    expect(exclusiveJets(history, 0).node.length).toBe(0)
    // ΔR up to 0.5 of R = 100: the two close pairs are merged, nothing else.
    expect(exclusiveJetsUpTo(history, (0.5 / 100) ** 2).node.length).toBe(3)
  })
})

it.each([
  ['nodes', nodesWatDigest],
  ['plain', plainWatDigest],
  ['tiled', tiledWatDigest],
  ['tiles', tilesWatDigest],
])('%s.wasm.ts was made from %s.wat', (name, digest) => {
  const source = readFileSync(new URL(`../../src/physics/jets/${name}.wat`, import.meta.url))
  expect(createHash('sha256').update(source).digest('hex')).toBe(digest)
})
