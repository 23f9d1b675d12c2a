// The Grafana dashboards as plain lists of panels. `node scripts/grafana/write.mjs` writes deploy/grafana/dashboards.
import { modelDashboards } from './model-dashboards.mjs'
import {
  FILL,
  fraction,
  LAG,
  LATENCY,
  LETTERS,
  mean,
  OF,
  PADDING,
  perSecond,
  quantile,
  query,
  rate,
  seconds,
} from './queries.mjs'

/** The dashboards: what each is for, and its panels in order, two a row. */
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
      perSecond(
        'Spans of traces per second',
        'Failed and dropped ones: the collector is slow or away. Nothing else suffers.',
        query(rate('spillway_trace_spans_total', 'pipeline, fate'), '{{fate}} {{pipeline}}'),
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
  ...modelDashboards,
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
