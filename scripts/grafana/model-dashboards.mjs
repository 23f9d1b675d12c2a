// Dashboards of the models: versions, swaps, trials, drift.
import {
  FILL,
  fraction,
  inAnHour,
  OF,
  PADDING,
  perSecond,
  quantile,
  query,
  rate,
  seconds,
} from './queries.mjs'

/** What runs, and whether it still fits. */
export const modelDashboards = [
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
      perSecond(
        'Swaps and rollbacks in an hour',
        'Newer versions that went live, and live ones taken back for the one before.',
        query(inAnHour('spillway_model_swaps_total', 'step'), '{{step}} swapped, {{pipeline}}'),
        query(
          inAnHour('spillway_model_rollbacks_total', 'step, reason'),
          '{{step}} back: {{reason}}, {{pipeline}}',
        ),
      ),
      perSecond(
        'Versions refused in an hour, by reason',
        'The version before stays live; the log says why.',
        query(
          `${inAnHour('spillway_model_refused_total', 'step, code')} > 0`,
          '{{step}}: {{code}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Version on trial',
        'A shadow or canary beside the live version.',
        query(`spillway_model_trial_version{${OF}}`, '{{step}} {{mode}} on {{instance}}'),
      ),
      perSecond(
        'Items on trial per second',
        'Given to the version on trial, and those it could not score.',
        query(
          rate('spillway_model_trial_items_total', 'pipeline, step, mode'),
          '{{step}} {{mode}} {{pipeline}}',
        ),
        query(
          rate('spillway_model_trial_errors_total', 'pipeline, step, mode'),
          '{{step}} {{mode}} failed, {{pipeline}}',
        ),
      ),
      perSecond(
        'Shadow minus live, mean |difference|',
        'By score, of the last task.',
        query(`spillway_model_trial_difference{${OF}}`, '{{step}}.{{column}} on {{instance}}'),
      ),
    ],
  },
  {
    uid: 'spillway-drift',
    title: 'Spillway: drift',
    panels: [
      perSecond(
        'Population stability index',
        'Against the training references. Below 0.1 is steady; above 0.25 alerts.',
        query(
          `max by (pipeline, step, feature) (spillway_drift_psi{${OF}})`,
          '{{step}} {{feature}} {{pipeline}}',
        ),
      ),
      fraction(
        'Kolmogorov-Smirnov distance',
        'At the edges of the reference histograms.',
        query(
          `max by (pipeline, step, feature) (spillway_drift_ks{${OF}})`,
          '{{step}} {{feature}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Values in the window',
        'PSI and KS are shown from 500 on; few values make PSI large by themselves.',
        query(
          `min by (pipeline, step, feature) (spillway_drift_values{${OF}})`,
          '{{step}} {{feature}} {{pipeline}}',
        ),
      ),
      perSecond(
        'Live version',
        'Whether drift began with a swap.',
        query(`spillway_model_version{${OF}}`, '{{step}}: {{model}} on {{instance}}'),
      ),
    ],
  },
]
