import { describe, expect, it } from 'vitest'
import { History, meanOf } from '#spillway/stream/live/history.js'

describe('history', () => {
  it('gives points in order, and nothing where a series had none', () => {
    const history = new History(1, 10)
    history.add(100, { a: 1 })
    history.add(101, { a: 2, b: 5 })
    history.add(102, { b: null })
    expect(history.view()).toEqual({
      stepSeconds: 1,
      times: [100, 101, 102],
      values: { a: [1, 2, null], b: [null, 5, null] },
    })
  })

  it('forgets the oldest points and takes no more memory after a long time', () => {
    const history = new History(1, 4)
    for (let time = 0; time < 10_001; time++) history.add(time, { a: time })
    expect(history.view()).toMatchObject({
      times: [9_997, 9_998, 9_999, 10_000],
      values: { a: [9_997, 9_998, 9_999, 10_000] },
    })
  })

  it('gives the newest values of one series, oldest first', () => {
    const history = new History(1, 4)
    expect(history.last('a', 3)).toEqual([])
    for (const a of [1, null, 3]) history.add(0, { a })
    expect(history.last('a', 2)).toEqual([null, 3])
    expect(history.last('a', 9)).toEqual([1, null, 3])
    for (const a of [4, 5, 6]) history.add(0, { a })
    expect(history.last('a', 3)).toEqual([4, 5, 6])
    expect(history.last('a', 9)).toEqual([3, 4, 5, 6])
    expect(history.last('b', 9)).toEqual([])
  })

  it('bounds the number of series whatever their names', () => {
    const history = new History(1, 2)
    for (let i = 0; i < 5_000; i++) history.add(i, { [`series ${i}`]: 1 })
    expect(Object.keys(history.view().values).length).toBeLessThanOrEqual(256)
  })

  it('takes the mean of what is there', () => {
    expect(meanOf([{ a: 1, b: null }, { a: 3 }, { a: 5, b: 7 }, { c: null }])).toEqual({
      a: 3,
      b: 7,
      c: null,
    })
  })
})
