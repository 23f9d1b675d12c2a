import { milliseconds, percent, short } from './format.mjs'

/** @import { About } from '../../src/stream/live/state.js' */
/** @import { ChartSpec } from './charts.mjs' */

/**
 * The charts of a pipeline, in order.
 * @param {About} about
 * @returns {ChartSpec[]}
 */
export function chartsOf({ chains, steps }) {
  const ofSteps = (/** @type {string} */ kind, /** @type {string} */ text) =>
    steps.map((step) => ({ name: `${kind}.${step}`, label: steps.length > 1 ? `${text} ${step}` : text }))
  const all = [
    {
      title: 'Events per second',
      series: [
        { name: 'events', label: 'scored' },
        { name: 'accepted', label: 'accepted' },
        { name: 'letters', label: 'dead letters' },
      ],
      format: short,
    },
    {
      title: 'Latency, from the message to its commit',
      series: ['p50', 'p95', 'p99'].map((q) => ({ name: `latency.${q}`, label: q })),
      format: milliseconds,
    },
    {
      title: 'Where the time goes, for a task or commit',
      series: ['queue', 'decode', 'build', 'infer', 'encode', 'commit'].map((stage) => ({
        name: `stage.${stage}`,
        label: stage,
      })),
      format: milliseconds,
    },
    { title: 'Lag, in messages', series: [{ name: 'lag', label: 'not yet delivered' }], format: short },
    {
      title: 'Trigger rates, events per second',
      series: chains.slice(0, 8).map(({ name }) => ({ name: `chain.${name}`, label: name })),
      format: short,
    },
    {
      title: 'Batches and workers',
      series: [
        ...ofSteps('fill', 'batch fill'),
        ...ofSteps('padding', 'padding'),
        { name: 'busy', label: 'workers busy' },
      ],
      format: percent,
      most: 1,
    },
  ]
  return all.filter(({ series }) => series.length > 0)
}
