import Table from 'cli-table3'
import { median } from './stats.mjs'

export const NAMES = {
  ceiling: '(a) raw ONNX Runtime, prepared tensors',
  files: '(b) Spillway, file to file',
  exactly_once: '(c) Spillway, Kafka, exactly once',
  at_least_once: '(c) Spillway, Kafka, at least once',
  python: '(d) Python, Kafka, at least once',
}

const whole = (value) => Math.round(value).toLocaleString('en')
const fixed = (digits) => (value) => (Number.isFinite(value) ? value.toFixed(digits) : '')
const of = (runs, name) => median(runs.map((run) => run[name]))
const plain = { style: { head: [], border: [] } }
const print = (title, table) => process.stdout.write(`\n${title}\n${table.toString()}\n`)

export function printThroughput(title, results) {
  const head = [
    'contestant',
    'events/s wall',
    'events per CPU s',
    'of (a)',
    'x (d)',
    'busy',
    'RSS MB',
    'rounds',
  ]
  const table = new Table({ head, ...plain })
  const relative = (name, other) =>
    results[other] === undefined
      ? Number.NaN
      : of(results[name], 'ratePerCpu') / of(results[other], 'ratePerCpu')
  for (const [name, runs] of Object.entries(results)) {
    table.push([
      NAMES[name],
      whole(of(runs, 'rate')),
      whole(of(runs, 'ratePerCpu')),
      fixed(2)(relative(name, 'ceiling')),
      fixed(2)(relative(name, 'python')),
      fixed(2)(of(runs, 'busy')),
      whole(of(runs, 'rssMb')),
      runs.length,
    ])
  }
  print(title, table)
}

export function printLatency(results) {
  const table = new Table({
    head: ['contestant', 'p50 ms', 'p99 ms', 'max ms', 'messages', 'missing'],
    ...plain,
  })
  for (const [name, runs] of Object.entries(results)) {
    const figures = ['p50', 'p99', 'max'].map((figure) => fixed(1)(of(runs, figure)))
    table.push([NAMES[name], ...figures, whole(of(runs, 'messages')), whole(of(runs, 'missing'))])
  }
  print('Latency at 20,000 events/s, 200 events a message, MLP (exactly once: commits every 20 ms)', table)
}

export function printSoak({ minutes, events, slope, first, last }) {
  process.stdout.write(
    `\nMemory over ${minutes.toFixed(1)} min, exactly once, ${whole(events)} events: ${first.toFixed(0)} to ${last.toFixed(0)} MB, ${slope.toFixed(2)} MB a minute\n`,
  )
}

export function printTargets(targets) {
  const table = new Table({ head: ['target', 'value', ''], ...plain })
  const verdict = (ok) => (ok === null ? 'not measured' : ok ? 'ok' : 'MISSED')
  for (const { target, value, ok } of targets)
    table.push([target, fixed(3)(value ?? Number.NaN), verdict(ok)])
  print('Targets', table)
}
