import { expect, it } from 'vitest'
import { Fifo } from '#spillway/stream/fifo.js'

it('gives what came first, and takes back in front', () => {
  const fifo = new Fifo<number>()
  for (const value of [1, 2, 3]) fifo.push(value)
  expect([fifo.length, fifo.at(0), fifo.at(2)]).toEqual([3, 1, 3])
  expect([fifo.shift(), fifo.shift()]).toEqual([1, 2])
  fifo.unshift([1, 2])
  fifo.push(4)
  expect(Array.from({ length: fifo.length }, () => fifo.shift())).toEqual([1, 2, 3, 4])
  expect(fifo.length).toBe(0)
})

it('keeps its order over more than it ever holds', () => {
  const fifo = new Fifo<number>()
  const seen: number[] = []
  for (let value = 0; value < 10_000; value++) {
    fifo.push(value)
    if (value % 5 > 0) seen.push(fifo.shift())
  }
  while (fifo.length > 0) seen.push(fifo.shift())
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
})
