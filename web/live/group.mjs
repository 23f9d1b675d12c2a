import { byId, setAttribute, setText } from './dom.mjs'
import { clock, duration, milliseconds, NOTHING, short, whole } from './format.mjs'
import { table } from './tables.mjs'

/** @import { GroupProcess } from '../../src/stream/group/peers.js' */
/** @import { GroupView } from '../../src/stream/group/group.js' */

/** A process that said nothing for so long is not counted [s]. */
const SILENT = 5

const HEAD = [
  'process',
  'health',
  'per second',
  'lag',
  'partitions',
  'latency p99',
  'models',
  'dead letters',
  'running for',
]

/** All processes of the pipeline, with their sums. @param {GroupView | null} group */
export function showGroup(group) {
  byId('group').hidden = group === null
  if (group === null) return
  const heard = group.processes.filter(({ silent }) => silent < SILENT)
  const summary = byId('group-summary')
  setText(summary, summaryOf(group, heard))
  setAttribute(summary, 'data-state', group.connected ? '' : 'warn')
  const rows = group.processes.map(rowOf)
  table(byId('processes'), 'Processes', HEAD, [...rows, sumOf(heard)])
}

/** @param {GroupView} group @param {readonly GroupProcess[]} heard */
function summaryOf({ connected, since, more }, heard) {
  if (!connected) return `NATS does not answer since ${clock(since)}: other processes are not known now.`
  const different = versionsThatDiffer(heard)
  return [
    heard.length === 1 ? 'Only this process is heard.' : `${heard.length} processes are heard.`,
    ...(more ? ['There are more than are shown.'] : []),
    ...(different.length > 0 ? [`Versions differ: ${different.join('; ')}.`] : []),
  ].join(' ')
}

/** @param {readonly GroupProcess[]} processes @returns {string[]} */
function versionsThatDiffer(processes) {
  /** @type {Map<string, Set<number>>} */
  const versions = new Map()
  for (const { step, version } of processes.flatMap(({ models }) => models))
    versions.set(step, (versions.get(step) ?? new Set()).add(version))
  return [...versions]
    .filter(([, all]) => all.size > 1)
    .map(
      ([step, all]) =>
        `${step} ${[...all]
          .sort((a, b) => a - b)
          .map((version) => `v${version}`)
          .join(', ')}`,
    )
}

/** @param {GroupProcess} process */
function rowOf({
  self,
  host,
  pid,
  silent,
  problem,
  paused,
  rate,
  lag,
  partitions,
  p99,
  models,
  letters,
  startedAt,
}) {
  const heard = silent < SILENT
  return [
    `${host} ${pid}${self ? ' (this one)' : ''}`,
    heard ? (problem ?? (paused ? 'paused' : 'live')) : `silent for ${duration(silent)}`,
    heard ? short(rate) : NOTHING,
    heard ? short(lag) : NOTHING,
    whole(partitions),
    heard ? milliseconds(p99) : NOTHING,
    models.map(({ step, version }) => `${step} v${version}`).join(', '),
    whole(letters),
    duration(Date.now() / 1e3 - startedAt),
  ]
}

/** @param {readonly GroupProcess[]} heard */
function sumOf(heard) {
  const sum = (/** @type {(process: GroupProcess) => number | null} */ of) => {
    const known = heard.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((all, value) => all + value, 0)
  }
  const slowest = heard.map(({ p99 }) => p99).filter((value) => value !== null)
  const well = heard.filter(({ problem }) => problem === null).length
  return [
    'all together',
    `${well} of ${heard.length} well`,
    short(sum(({ rate }) => rate)),
    short(sum(({ lag }) => lag)),
    whole(sum(({ partitions }) => partitions)),
    slowest.length === 0 ? NOTHING : `≤ ${milliseconds(Math.max(...slowest))}`,
    '',
    whole(sum(({ letters }) => letters)),
    '',
  ]
}
