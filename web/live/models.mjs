import { byId } from './dom.mjs'
import { clock, digits, NOTHING, percent, whole } from './format.mjs'
import { table } from './tables.mjs'

/** @import { Now } from '../../src/stream/live/state.js' */
/** @import { TrialView } from '../../src/stream/control/view.js' */

/** Live models, newcomers beside them, what happened, and how far inputs are. @param {Now} now */
export function showModels({ models, trials, modelHistory, inputs }) {
  const rows = models.map(({ step, name, version, provider, runtime, fallbacks, sha256, share }) => [
    step,
    name,
    String(version),
    share === undefined ? 'live' : `canary of ${percent(share)}`,
    provider,
    runtime,
    sha256.slice(0, 12),
    fallbacks.join('; ') || NOTHING,
  ])
  const head = ['step', 'model', 'version', 'role', 'provider', 'runtime', 'sha256', 'fallbacks']
  table(byId('models'), 'Live models', head, rows, 'This pipeline has no model.')
  const trialHead = [
    'step',
    'on trial',
    'against',
    'judged after',
    'failed',
    'mean difference',
    'largest',
    'PSI',
  ]
  table(byId('trials'), 'Models on trial', trialHead, trials.flatMap(trialRows), 'Nothing is on trial.')
  const changes = modelHistory.map(({ time, step, text }) => [clock(time), step, text])
  table(byId('changes'), 'History of models', ['time', 'step', 'what happened'], changes)
  const far = inputs.map(({ step, name, psi, ks, count }) => [
    step,
    name,
    count < LEAST ? NOTHING : digits(psi),
    count < LEAST ? NOTHING : digits(ks),
    whole(count),
  ])
  const nothing = 'The manifests tell nothing of the inputs.'
  table(
    byId('inputs'),
    'Inputs against the training sample',
    ['step', 'input', 'PSI', 'KS', 'values'],
    far,
    nothing,
  )
}

/** Fewer values say nothing of drift. */
const LEAST = 500

/** One row a score column, or one in all. @param {TrialView} trial @returns {string[][]} */
function trialRows({ step, mode, version, live, share, events, wanted, errors, differences, psi, limits }) {
  const what = mode === 'canary' ? `v${version}, canary of ${percent(share)}` : `v${version}, shadow`
  const far = psi === null ? NOTHING : `${digits(psi.psi)} (${psi.name})${allowed(limits.psi)}`
  const first = [step, what, `v${live}`, `${whole(events)} of ${whole(wanted)} events`, whole(errors)]
  if (differences.length === 0) return [[...first, NOTHING, NOTHING, far]]
  return differences.map(({ column, mean, max }, i) => [
    ...(i === 0 ? first : ['', '', '', '', '']),
    `${column}: ${digits(mean)}${allowed(limits.difference)}`,
    digits(max),
    i === 0 ? far : '',
  ])
}

/** @param {number | null} limit */
const allowed = (limit) => (limit === null ? '' : `, allowed ${digits(limit)}`)
