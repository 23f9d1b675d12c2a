import type { z } from 'zod'
import { SpillwayError } from '../errors.js'

/** Parses a feature builder's options strictly. @throws SpillwayError CONFIG_INVALID naming builder and key. */
export function parseOptions<T>(schema: z.ZodType<T>, raw: unknown, builder: string): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw new SpillwayError('CONFIG_INVALID', `feature builder ${builder}: ${issue.message}${path}`, {
    place: builder,
  })
}
