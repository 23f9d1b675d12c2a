import { describe, expect, it } from 'vitest'
import {
  type Announcement,
  announcementBytes,
  readAnnouncement,
} from '#spillway/stream/group/announcement.js'
import { Peers } from '#spillway/stream/group/peers.js'

const announcement = (process: string, more: Partial<Announcement> = {}): Announcement => ({
  process,
  host: 'node-1',
  pid: 7,
  startedAt: 100,
  leaving: false,
  problem: null,
  paused: false,
  rate: 10,
  events: 100,
  lag: 3,
  partitions: 2,
  p99: 12.5,
  letters: 0,
  models: [{ step: 'tag', name: 'tagger', version: 4 }],
  ...more,
})

describe('an announcement', () => {
  it('is read as it was written', () => {
    const one = announcement('a')
    expect(readAnnouncement(announcementBytes(one))).toEqual(one)
  })

  it('of a later version may tell more, which is left out', () => {
    const more = { ...announcement('a'), later: 'x'.repeat(100) } as Announcement
    expect(readAnnouncement(announcementBytes(more))).toEqual(announcement('a'))
  })

  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x00)],
    ['no JSON', new TextEncoder().encode('{')],
    ['another thing', text([1, 2])],
    ['a missing key', text({ process: 'a' })],
    ['a negative rate', text(announcement('a', { rate: -1 }))],
    ['no number', text({ ...announcement('a'), rate: '<img>' })],
    ['a long name', text(announcement('a', { host: 'h'.repeat(300) }))],
    [
      'many models',
      text(announcement('a', { models: Array(17).fill({ step: 's', name: 'n', version: 1 }) })),
    ],
    ['many bytes', text({ ...announcement('a'), filler: 'x'.repeat(9_000) })],
  ])('is refused: %s', (_what, bytes) => {
    expect(() => readAnnouncement(bytes)).toThrow(expect.objectContaining({ code: 'MESSAGE_UNDECODABLE' }))
  })
})

describe('peers', () => {
  it('are shown as they were last heard, and for how long they are silent', () => {
    const peers = new Peers()
    peers.hear(announcement('b', { pid: 9 }), 0)
    peers.hear(announcement('a'), 0)
    peers.hear(announcement('a', { rate: 20 }), 2_000)
    expect(peers.view(5_500)).toMatchObject([
      { process: 'a', rate: 20, silent: 3, self: false },
      { process: 'b', rate: 10, silent: 5 },
    ])
    expect(peers.view(5_500)[0]).not.toHaveProperty('leaving')
  })

  it('that say goodbye are gone at once, silent ones after a minute', () => {
    const peers = new Peers()
    peers.hear(announcement('a'), 0)
    peers.hear(announcement('b'), 0)
    peers.hear(announcement('a', { leaving: true }), 1_000)
    expect(peers.view(60_000).map(({ process }) => process)).toEqual(['b'])
    expect(peers.view(60_001)).toEqual([])
  })

  it('are bounded in number, and it is said that there are more', () => {
    const peers = new Peers()
    for (let i = 0; i < 10_000; i++) peers.hear(announcement(`p${i}`), 0)
    expect(peers.view(0)).toHaveLength(63)
    expect(peers.full(0)).toBe(true)
    expect(peers.full(60_000)).toBe(false)
    // Room comes back with time.
    peers.hear(announcement('late'), 61_000)
    expect(peers.view(61_000).map(({ process }) => process)).toEqual(['late'])
  })
})
