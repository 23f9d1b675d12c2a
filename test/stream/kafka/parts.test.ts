import { expect, test } from 'vitest'
import type { Message } from '#spillway/ingest/message.js'
import { inParts } from '#spillway/stream/kafka/parts.js'

const message = (offset: number, bytes: number | null): Message => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  key: null,
  value: bytes === null ? null : new Uint8Array(bytes),
  headers: new Map(),
  timestamp: -1,
})
const partsOf = (sizes: readonly (number | null)[], most: number) =>
  inParts(
    sizes.map((bytes, offset) => message(offset, bytes)),
    most,
  ).map((part) => part.map(({ offset }) => Number(offset)))

test('in order, none left out, none empty, each as full as it may be', () => {
  expect(partsOf([40, 60, 1, 30, 30, 30, 11], 100)).toEqual([[0, 1], [2, 3, 4, 5], [6]])
})

test('a message that is larger than a part goes alone', () => {
  expect(partsOf([10, 500, 10, 500], 100)).toEqual([[0], [1], [2], [3]])
})

test('tombstones weigh nothing; of nothing come no parts', () => {
  expect(partsOf([null, 100, null, null], 100)).toEqual([[0, 1, 2, 3]])
  expect(partsOf([], 100)).toEqual([])
})
