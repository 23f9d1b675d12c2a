import type { EventSchema } from '../../ingest/columns.js'
import type { Operator } from '../../models/operator.js'
import type { MenuConfig } from './config.js'
import { buildMenu, type MenuState } from './menu.js'

/**
 * The trigger menu as a step of a pipeline. Thresholds of chains with a target rate are learned per worker: each sees
 * a fair share of the events, and a target rate is a fraction of them.
 * @throws SpillwayError as `buildMenu`.
 */
export function selectOperator(config: MenuConfig, schema: EventSchema): Operator {
  const menu = buildMenu(config, schema)
  let state: MenuState = menu.start
  return {
    name: 'select',
    reads: menu.reads.map((path) => ({ path })),
    produces: menu.produces,
    async apply(parts) {
      const decided = parts.map((events) => {
        const decisions = menu.evaluate(events, state)
        state = decisions.state
        return decisions.events
      })
      return { parts: decided, faults: [] }
    },
    release: async () => {},
  }
}
