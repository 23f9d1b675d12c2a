import { z } from 'zod'
import { MODEL_NAME } from '../../models/registry.js'

const Share = z.number().min(0).max(1)

const Rollout = z.strictObject({
  mode: z
    .enum(['direct', 'shadow', 'canary'])
    .default('direct')
    .describe('direct: live once it is proved; shadow: scores too, only compared; canary: scores a share'),
  share: Share.default(0.05).describe('share of the events that a canary scores, chosen by event number'),
  event_number: z.string().min(1).default('event').describe('integer column that the choice hangs on'),
  events: z
    .int()
    .positive()
    .default(10_000)
    .describe('scored by the newcomer before it is promoted or sent away'),
  max_difference: z
    .number()
    .nonnegative()
    .optional()
    .describe('shadow: largest mean |difference| of any score to the live model; any when absent'),
  max_error_share: Share.default(0).describe('largest share of events that the newcomer may fail to score'),
  max_psi: z
    .number()
    .positive()
    .optional()
    .describe('largest drift (PSI) of any of its scores from its manifest; any when absent'),
})

const Rollback = z.strictObject({
  events: z.int().nonnegative().default(50_000).describe('for how many events a new live model is on trial'),
  max_error_share: Share.default(0.01).describe('largest share of its events that may become dead letters'),
  max_worker_losses: z.int().nonnegative().default(1).describe('most workers lost with it'),
  max_psi: z
    .number()
    .positive()
    .optional()
    .describe('largest drift (PSI) of any of its scores from its manifest; any when absent'),
})

/** How closely a model's inputs and scores are compared with the references of its manifest. */
export const DriftConfig = z.strictObject({
  every: z.int().positive().max(1_000_000).default(16).describe('one item in so many is looked at'),
  window_s: z.number().positive().default(300).describe('over how long PSI and KS are worked out'),
})

/** A model that a registry names, as a step has it. */
export const RegistryModel = z
  .strictObject({
    registry: z.string().min(1).describe('a folder, or nats://host:port[,host:port][/bucket]'),
    credentials: z.string().optional().describe('NATS credentials file'),
    name: z.string().regex(MODEL_NAME, 'a model name').describe('name of the model'),
    version: z
      .union([z.enum(['latest', 'pinned']), z.int().positive()])
      .default('latest')
      .describe(
        'latest: the newest that proves itself; pinned: the one that is pinned; or one version for good',
      ),
    require_signed: z.boolean().default(false).describe('refuse bundles without a signature of public_key'),
    public_key: z.string().optional().describe('PEM file; with it, a signature that is there must hold'),
    poll_s: z.number().positive().max(86_400).default(30).describe('how often the registry is listed anew'),
    trial_s: z
      .number()
      .positive()
      .max(3_600)
      .default(30)
      .describe(
        'longest that loading and probing may compute, in a process of its own, s; four times that by the clock',
      ),
    rollout: Rollout.prefault({}).describe('how a newer version becomes live'),
    rollback: Rollback.prefault({}).describe('when a new live version is taken back for the one before'),
  })
  .refine(
    ({ require_signed, public_key }) => !require_signed || public_key !== undefined,
    'require_signed needs public_key',
  )

export type RegistryModel = z.infer<typeof RegistryModel>
export type RolloutConfig = RegistryModel['rollout']
export type RollbackConfig = RegistryModel['rollback']
