import { describe, expect, it } from 'vitest'
import { eventView } from '#spillway/stream/live/event-view.js'
import { eventsOf } from '../../support/events.js'

const events = eventsOf({
  event: ['uint64', [7, 8]],
  'jets.pt': ['float32', [[40, 30], [20]]],
  'jets.eta': ['float32', [[1, -1], [0.5]]],
  'jets.phi': ['float32', [[3, -3], [0]]],
  'met.pt': ['float32', [5, 6]],
  'met.phi': ['float32', [1, 2]],
  'truth.pt': ['float32', [1, 1]],
  'truth.phi': ['float32', [1, 1]],
})
const scores = eventsOf({
  event: ['uint64', [7, 8]],
  'tag.p': ['float32', [0.25, 0.5]],
  'select.w': ['bool', [false, true]],
  'select.z': ['bool', [false, false]],
  'select.accept': ['bool', [false, true]],
})

describe('event view', () => {
  it('shows an accepted event: what it holds, its scores and its chains', () => {
    expect(eventView(events, scores, ['tag'], 0)).toEqual({
      event: '8',
      accepted: true,
      chains: ['w'],
      scores: [{ name: 'tag.p', value: 0.5 }],
      collections: [
        { name: 'jets', pt: [20], eta: [0.5], phi: [0] },
        { name: 'met', pt: [6], eta: null, phi: [2] },
      ],
      left: 0,
    })
  })

  it('shows any event where nothing selects', () => {
    const plain = eventsOf({ 'tag.p': ['float32', [0.25, null]] })
    expect(eventView(events, plain, ['tag'], 0.99)).toMatchObject({
      event: 'row 1',
      accepted: null,
      scores: [{ name: 'tag.p', value: null }],
    })
  })

  it('shows nothing where scores and events do not belong together', () => {
    expect(eventView(events, eventsOf({ 'tag.p': ['float32', [1]] }), ['tag'], 0)).toBeNull()
  })

  it('keeps the hardest items of a large collection and says how many it left out', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => i)
    const large = eventsOf({
      'towers.pt': ['float32', [many]],
      'towers.eta': ['float32', [many.map(() => 0)]],
      'towers.phi': ['float32', [many.map(() => 0)]],
    })
    const view = eventView(large, eventsOf({ 'tag.p': ['float32', [1]] }), ['tag'], 0)!
    expect(view.left).toBe(744)
    expect(view.collections[0].pt).toHaveLength(256)
    expect(Math.min(...view.collections[0].pt)).toBe(744)
  })
})
