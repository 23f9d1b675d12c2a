// What panels are made of: queries, units, and the panels that several dashboards share.

/** Every query is of the pipelines and processes chosen above. */
export const OF = 'pipeline=~"$pipeline",instance=~"$instance"'
export const rate = (metric, by = 'pipeline', more = '') =>
  `sum by (${by}) (rate(${metric}{${OF}${more}}[$__rate_interval]))`
export const inAnHour = (metric, by) => `sum by (pipeline, ${by}) (increase(${metric}{${OF}}[1h]))`
export const quantile = (q, metric, by = 'pipeline') =>
  `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `${by}, le`)})`
export const mean = (metric, by = 'pipeline') =>
  `${rate(`${metric}_sum`, by)} / ${rate(`${metric}_count`, by)}`
export const query = (expr, legend) => ({ expr, legend })
export const perSecond = (title, text, ...queries) => ({ title, text, unit: 'short', queries })
export const seconds = (title, text, ...queries) => ({ title, text, unit: 's', queries })
export const fraction = (title, text, ...queries) => ({ title, text, unit: 'percentunit', queries })

export const LATENCY = seconds(
  'Latency, message to commit',
  'From the timestamp of a message to the commit of its scores.',
  ...[0.5, 0.95, 0.99].map((q) => query(quantile(q, 'spillway_latency_seconds'), `p${q * 100} {{pipeline}}`)),
)
export const LAG = perSecond(
  'Consumer lag',
  'Messages not yet delivered.',
  query(`sum by (pipeline) (spillway_lag_messages{${OF}})`, '{{pipeline}}'),
)
export const LETTERS = perSecond(
  'Dead letters per second, by reason',
  'Messages and events put aside; the code says why.',
  query(`${rate('spillway_dead_letters_total', 'pipeline, code')} > 0`, '{{code}} {{pipeline}}'),
)
export const FILL = perSecond(
  'Items of an inference call, mean',
  'Full batches are what `batch.rows` and `batch.tokens` of the step allow.',
  query(mean('spillway_inference_rows', 'pipeline, step'), '{{step}} {{pipeline}}'),
)
export const PADDING = fraction(
  'Padding waste',
  'Entries of ragged inputs that were computed and not there.',
  query(
    `${rate('spillway_entries_total', 'pipeline, step', ',kind="padding"')} / ${rate('spillway_entries_total', 'pipeline, step')}`,
    '{{step}} {{pipeline}}',
  ),
)
