/** What to do about something that is wrong, and which shipped alert says the same. */
interface Trouble {
  /** Of deploy/prometheus/alerts.yaml; `null` where none does. */
  readonly alert: string | null
  /** Whether events wait because of it. */
  readonly grave: boolean
  /** For people. */
  readonly action: string
}

/** The plain list of what the live page calls wrong. */
export const troubles = {
  'no-progress': {
    alert: 'SpillwayNoProgress',
    grave: true,
    action:
      'See under Notices whether commits fail or workers are lost, and whether broker and disks answer. A worker that hangs is replaced after workers.batch_s.',
  },
  'not-ready': { alert: null, grave: true, action: 'It starts, or has ended: see its log and exit code.' },
  'falls-behind': {
    alert: 'SpillwayLagGrows',
    grave: false,
    action: 'Add processes, up to the number of partitions; see under Over time where the time goes.',
  },
  paused: { alert: 'SpillwayPaused', grave: false, action: 'Resume it under Control, or restart it.' },
  'dead-letters': {
    alert: 'SpillwayDeadLetters',
    grave: false,
    action:
      'Their reasons are under Dead letters; spillway dlq show has more. Correct the cause, then replay.',
  },
  aborts: {
    alert: 'SpillwayAborts',
    grave: false,
    action: 'LANE_FENCED all the time means two pipelines of one name; otherwise look at the broker.',
  },
  'workers-lost': {
    alert: 'SpillwayWorkersReplaced',
    grave: false,
    action: 'A message or a model hangs or crashes; see the dead letters that follow.',
  },
  slow: {
    alert: 'SpillwaySlow',
    grave: false,
    action: 'With lag: it falls behind. Without: producers send late, or clocks differ.',
  },
  'provider-fell-back': {
    alert: 'SpillwayProviderFellBack',
    grave: false,
    action: 'spillway doctor names what the provider lacks; or set provider to cpu.',
  },
  'model-refused': {
    alert: 'SpillwayModelRefused',
    grave: false,
    action: 'The version before stays live. Correct the bundle and publish it as the next version.',
  },
  registry: {
    alert: null,
    grave: false,
    action: 'The live version goes on. See that the registry answers, and what it lists.',
  },
  'model-taken-back': {
    alert: 'SpillwayModelRolledBack',
    grave: false,
    action: 'Other processes decide for themselves; spillway models rollback makes it so everywhere.',
  },
  drift: {
    alert: 'SpillwayDrift',
    grave: false,
    action: 'Inputs too: data or detector changed. Scores alone: look at the model.',
  },
} as const satisfies Readonly<Record<string, Trouble>>

export type TroubleName = keyof typeof troubles
