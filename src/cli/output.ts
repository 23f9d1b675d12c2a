import Table from 'cli-table3'
import type { SpillwayError } from '../errors.js'

/** A table on standard output; nothing for no rows. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths?: number[],
): void {
  if (rows.length === 0) return
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    ...(widths && { colWidths: widths, wordWrap: true }),
  })
  table.push(...rows.map((row) => [...row]))
  process.stdout.write(`${table.toString()}\n`)
}

/** JSON on standard output; big integers as text. */
export function printJson(value: unknown): void {
  const plain = (_key: string, one: unknown): unknown => (typeof one === 'bigint' ? String(one) : one)
  process.stdout.write(`${JSON.stringify(value, plain, 2)}\n`)
}

/** An error as JSON shows it. */
export const problemJson = ({ code, message, place, remedy }: SpillwayError) => ({
  code,
  message,
  place,
  remedy,
})
