// The Grafana dashboards as plain lists of panels. `node scripts/grafana/write.mjs` writes deploy/grafana/dashboards.

/** Every query is of the pipelines and processes chosen above. */
const OF = 'pipeline=~"$pipeline",instance=~"$instance"'
const rate = (metric, by = 'pipeline', more = '') =>
  `sum by (${by}) (rate(${metric}{${OF}${more}}[$__rate_interval]))`
const quantile = (q, metric, by = 'pipeline') =>
  `histogram_quantile(${q}, ${rate(`${metric}_bucket`, `${by}, le`)})`
const mean = (metric, by = 'pipeline') => `${rate(`${metric}_sum`, by)} / ${rate(`${metric}_count`, by)}`
const query = (expr, legend) => ({ expr, legend })
const perSecond = (title, text, ...queries) => ({ title, text, unit: 'short', queries })
const seconds = (title, text, ...queries) => ({ title, text, unit: 's', queries })
const fraction = (title, text, ...queries) => ({ title, text, unit: 'percentunit', queries })

const LATENCY = seconds(
  'Latency, message to commit',
  'From the timestamp of a message to the commit of its scores.',
  ...[0.5, 0.95, 0.99].map((q) => query(quantile(q, 'spillway_latency_seconds'), `p${q * 100} {{pipeline}}`)),
)
const LAG = perSecond(
  'Consumer lag',
  'Messages not yet delivered.',
  query(`sum by (pipeline) (spillway_lag_messages{${OF}})`, '{{pipeline}}'),
)
const LETTERS = perSecond(
  'Dead letters per second, by reason',
  'Messages and events put aside; the code says why.',
  query(`${rate('spillway_dead_letters_total', 'pipeline, code')} > 0`, '{{code}} {{pipeline}}'),
)
const FILL = perSecond(
  'Items of an inference call, mean',
  'Full batches are what `batch.rows` and `batch.tokens` of the step allow.',
  query(mean('spillway_inference_rows', 'pipeline, step'), '{{step}} {{pipeline}}'),
)
const PADDING = fraction(
  'Padding waste',
  'Entries of ragged inputs that were computed and not there.',
  query(
    `${rate('spillway_entries_total', 'pipeline, step', ',kind="padding"')} / ${rate('spillway_entries_total', 'pipeline, step')}`,
    '{{step}} {{pipeline}}',
  ),
)

/** Four dashboards: what each is for, and its panels in order, two a row. */
export const dashboards = [
  {
    uid: 'spillway-overview',
    title: 'Spillway: overview',
    panels: [
      {
        ...perSecond(
          'Scorers',
          'Processes that answer.',
          query(`count(up{job="spillway",instance=~"$instance"} == 1)`, 'scorers'),
        ),
        stat: true,
      },
      {
        ...perSecond('Lanes', 'Partitions that are worked on.', query(`sum(spillway_lanes{${OF}})`, 'lanes')),
        stat: true,
      },
      perSecond(
        'Events per second',
        'Scored and committed.',
        query(rate('spillway_events_total'), '{{pipeline}}'),
      ),
      perSecond(
        'Events per second, by process',
        'Scored and committed.',
        query(rate('spillway_events_total', 'instance'), '{{instance}}'),
      ),
      LATENCY,
      LAG,
      fraction(
        'Accepted',
        'Of all events, by the trigger menu.',
        query(`${rate('spillway_accepted_events_total')} / ${rate('spillway_events_total')}`, '{{pipeline}}'),
      ),
      LETTERS,
      perSecond(
        'Commits and aborts per second',
        'An abort is done again; many of them are not well.',
        query(rate('spillway_commits_total'), 'commits {{pipeline}}'),
        query(rate('spillway_aborts_total'), 'aborts {{pipeline}}'),
      ),
      {
        ...seconds(
          'Since the last commit',
          'Grows while nothing is committed.',
          query(
            `time() - max by (pipeline) (spillway_last_commit_timestamp_seconds{${OF}} > 0)`,
            '{{pipeline}}',
          ),
        ),
      },
    ],
  },
  {
    uid: 'spillway-pipeline',
    title: 'Spillway: pipeline',
    panels: [
      seconds(
        'Latency breakdown of a task, mean',
        'Waiting for a worker, and what the worker does.',
        query(mean('spillway_queue_seconds'), 'queue'),
        query(mean('spillway_decode_seconds'), 'decode'),
        query(mean('spillway_build_seconds', 'pipeline, step'), 'features {{step}}'),
        query(mean('spillway_inference_seconds', 'pipeline, step'), 'inference {{step}}'),
        query(mean('spillway_encode_seconds'), 'encode'),
      ),
      seconds(
        'Commit',
        'Rows and offsets, until they are visible.',
        query(quantile(0.5, 'spillway_commit_seconds'), 'p50 {{pipeline}}'),
        query(quantile(0.99, 'spillway_commit_seconds'), 'p99 {{pipeline}}'),
      ),
      LATENCY,
      LAG,
      perSecond(
        'Lag by partition',
        'One that stays behind has too much, or a lane that is stuck.',
        query(`spillway_lag_messages{${OF}}`, '{{topic}}/{{partition}}'),
      ),
      seconds(
        'Queue, p99',
        'Grows when workers are the limit.',
        query(quantile(0.99, 'spillway_queue_seconds'), '{{pipeline}}'),
      ),
      perSecond(
        'Tasks per second, by why they were closed',
        'Full, waited long enough, or a worker was free.',
        query(rate('spillway_tasks_total', 'reason'), '{{reason}}'),
      ),
      perSecond(
        'Rows of a task, mean',
        'What a worker gets at once.',
        query(mean('spillway_task_rows'), '{{pipeline}}'),
      ),
      FILL,
      PADDING,
      {
        ...perSecond(
          'Bytes read per second',
          'As the messages came.',
          query(rate('spillway_bytes_total'), '{{pipeline}}'),
        ),
        unit: 'Bps',
      },
      perSecond('Messages per second', '', query(rate('spillway_messages_total'), '{{pipeline}}')),
      perSecond(
        'Workers replaced in an hour',
        'They hung, crashed or ran out of memory.',
        query(
          `sum by (pipeline, reason) (increase(spillway_workers_replaced_total{${OF}}[1h]))`,
          '{{reason}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Aborts per second, by reason',
        '',
        query(`${rate('spillway_aborts_total', 'pipeline, code')} > 0`, '{{code}} {{pipeline}}'),
      ),
      LETTERS,
      perSecond(
        'Paused',
        '1 while an operator holds the input.',
        query(`spillway_paused{${OF}}`, '{{pipeline}} {{instance}}'),
      ),
    ],
  },
  {
    uid: 'spillway-models',
    title: 'Spillway: models',
    panels: [
      perSecond(
        'Live version',
        'By step and process: during a roll-out they differ.',
        query(`spillway_model_version{${OF}}`, '{{step}}: {{model}} on {{instance}}'),
      ),
      perSecond(
        'Execution provider',
        'Where each step runs.',
        query(`spillway_provider{${OF}}`, '{{step}}: {{provider}} on {{instance}}'),
      ),
      perSecond(
        'Providers passed over',
        'Above 0, `auto` has fallen back.',
        query(`spillway_provider_fallbacks{${OF}}`, '{{step}} on {{instance}}'),
      ),
      perSecond(
        'Inferences per second, by step',
        'Events or items of events.',
        query(rate('spillway_inference_rows_sum', 'pipeline, step'), '{{step}} {{pipeline}}'),
      ),
      perSecond(
        'Inference calls per second, by step',
        '',
        query(rate('spillway_inference_rows_count', 'pipeline, step'), '{{step}} {{pipeline}}'),
      ),
      seconds(
        'Inference time of a task',
        'All calls together.',
        query(quantile(0.5, 'spillway_inference_seconds', 'step'), 'p50 {{step}}'),
        query(quantile(0.99, 'spillway_inference_seconds', 'step'), 'p99 {{step}}'),
      ),
      seconds(
        'Feature building of a task',
        '',
        query(quantile(0.99, 'spillway_build_seconds', 'step'), 'p99 {{step}}'),
      ),
      seconds(
        'Inference time of an item, mean',
        '',
        query(
          `${rate('spillway_inference_seconds_sum', 'step')} / ${rate('spillway_inference_rows_sum', 'step')}`,
          '{{step}}',
        ),
      ),
      FILL,
      PADDING,
    ],
  },
  {
    uid: 'spillway-trigger',
    title: 'Spillway: trigger rates',
    panels: [
      perSecond(
        'Accepted per second',
        'By any chain.',
        query(rate('spillway_accepted_events_total'), '{{pipeline}}'),
      ),
      fraction(
        'Accepted, of all',
        '',
        query(`${rate('spillway_accepted_events_total')} / ${rate('spillway_events_total')}`, '{{pipeline}}'),
      ),
      perSecond(
        'Rate by chain',
        'Events per second that passed, after the prescale.',
        query(rate('spillway_chain_events_total', 'pipeline, chain'), '{{chain}} {{pipeline}}'),
      ),
      fraction(
        'Fraction by chain',
        'Of all events, after the prescale.',
        query(
          `${rate('spillway_chain_events_total', 'pipeline, chain')} / on (pipeline) group_left ${rate('spillway_events_total')}`,
          '{{chain}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Passed in an hour, by chain',
        '',
        query(
          `sum by (pipeline, chain) (increase(spillway_chain_events_total{${OF}}[1h]))`,
          '{{chain}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Events per second',
        'What the rates are of.',
        query(rate('spillway_events_total'), '{{pipeline}}'),
      ),
    ],
  },
]

const SOURCE = { type: 'prometheus', uid: '${source}' }
const WIDTH = 12
const HEIGHT = 8

const variable = (name, values) => ({
  name,
  type: 'query',
  datasource: SOURCE,
  query: { query: `label_values(${values}, ${name})`, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
})

function panelJson({ title, text, unit, stat, queries }, index) {
  return {
    id: index + 1,
    title,
    description: text,
    type: stat ? 'stat' : 'timeseries',
    datasource: SOURCE,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 5, showPoints: 'never' } },
      overrides: [],
    },
    options: stat
      ? { reduceOptions: { calcs: ['lastNotNull'] } }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
    })),
  }
}

/** A dashboard as Grafana reads it. */
export function dashboardJson({ uid, title, panels }) {
  return {
    uid,
    title,
    tags: ['spillway'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    links: [
      {
        type: 'dashboards',
        tags: ['spillway'],
        title: 'Spillway',
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    templating: {
      list: [
        { name: 'source', type: 'datasource', query: 'prometheus', label: 'Prometheus' },
        variable('pipeline', 'spillway_commits_total'),
        variable('instance', 'spillway_commits_total{pipeline=~"$pipeline"}'),
      ],
    },
    panels: panels.map(panelJson),
  }
}

/** Name and text of every dashboard's file. */
export const dashboardFiles = () =>
  dashboards.map((dashboard) => ({
    name: `${dashboard.uid}.json`,
    text: `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`,
  }))
