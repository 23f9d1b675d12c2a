import type { KafkaRecord } from './port.js'

/** Room for a record's framing, key and headers beside the value. */
const sizeOf = (record: KafkaRecord): number => {
  let bytes = 70 + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  if (record.headers !== undefined) {
    for (const [name, value] of record.headers) bytes += name.length * 3 + value.length + 10
  }
  return bytes
}

/**
 * Cuts records into requests with at most `maxBytes` of any one partition (a client makes one record batch of
 * them, which the broker refuses above max.message.bytes). Order is kept. A record that is larger goes alone.
 * Records without a partition count as one partition: their key may send them anywhere.
 */
export function cutBatches(
  records: readonly KafkaRecord[],
  maxBytes: number,
): readonly (readonly KafkaRecord[])[] {
  const cuts: number[] = [0]
  const filled = new Map<string, number>()
  records.forEach((record, index) => {
    const key = `${record.partition ?? ''}/${record.topic}`
    const bytes = sizeOf(record)
    const before = filled.get(key) ?? 0
    if (before > 0 && before + bytes > maxBytes) {
      cuts.push(index)
      filled.clear()
      filled.set(key, bytes)
    } else filled.set(key, before + bytes)
  })
  if (cuts.length === 1) return records.length === 0 ? [] : [records]
  return cuts.map((from, index) => records.slice(from, cuts[index + 1]))
}
