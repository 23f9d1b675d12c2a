import { z } from 'zod'
import { SpillwayError } from '../../errors.js'

/** Chain names become column names and metric labels: few, short and plain. */
const MOST_CHAINS = 64
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/i, 'a chain name is a letter, then letters, digits or _; 48 at most')
  .refine(
    (text) => text !== 'accept' && text !== 'pass_through' && !text.endsWith('_threshold'),
    'accept, pass_through and names ending in _threshold are columns of the menu itself',
  )

const expression = z.string().min(1)

const chain = z
  .strictObject({
    when: expression.describe('condition, one truth value per event; earlier chains are passed.<name>'),
    prescale: z
      .number()
      .min(1)
      .default(1)
      .describe('keeps one in so many of the events that pass; need not be whole'),
    target_rate: z
      .number()
      .positive()
      .optional()
      .describe('most accepted events per second, of input_rate events per second; after the prescale'),
    rate_on: expression
      .optional()
      .describe('score (column or expression) whose threshold keeps the chain within target_rate'),
  })
  .refine((value) => (value.target_rate === undefined) === (value.rate_on === undefined), {
    message: 'target_rate and rate_on go together',
  })

/** The `select` section of a pipeline: a trigger menu. */
export const menuConfig = z
  .strictObject({
    event_number: z.string().default('event').describe('integer column by which prescales draw'),
    input_rate: z
      .number()
      .positive()
      .optional()
      .describe('events per second that the experiment delivers, which a target_rate is a part of'),
    chains: z.record(name, chain).describe('named chains, in order: one can refer to those before it'),
    pass_through: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('fraction of all events accepted whatever the chains say, for monitoring'),
    accept: expression.default('any').describe('any chain, or a condition over passed.<chain>'),
  })
  .superRefine(({ chains, input_rate }, context) => {
    const names = Object.keys(chains)
    if (names.length === 0 || names.length > MOST_CHAINS)
      context.addIssue({ code: 'custom', path: ['chains'], message: `1 to ${MOST_CHAINS} chains are needed` })
    for (const key of names)
      if (chains[key].target_rate !== undefined && input_rate === undefined)
        context.addIssue({
          code: 'custom',
          path: ['chains', key, 'target_rate'],
          message: 'target_rate needs input_rate',
        })
  })

/** A menu as written. */
export type MenuInput = z.input<typeof menuConfig>
/** A menu with its defaults filled in. */
export type MenuConfig = z.output<typeof menuConfig>

/** @throws SpillwayError CONFIG_INVALID naming every wrong key. */
export function parseMenu(input: unknown): MenuConfig {
  const parsed = menuConfig.safeParse(input)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${['select', ...path].join('.')}: ${message}`,
  )
  throw new SpillwayError('CONFIG_INVALID', faults.join('\n'), { place: 'select', cause: parsed.error })
}
