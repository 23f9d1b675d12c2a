import { availableParallelism } from 'node:os'
import { parseBench } from '../train/options.mjs'

export const usage = `npm run bench -- engine [options]
  --json FILE               write all figures there
  --quick                   fewer events and rounds: to see that it works, not to be quoted
  --events N                events of the MLP load in each run (3,000,000)
  --transformer-events N    jets of the Transformer load in each run (32,768)
  --rounds N                rounds over all contestants; figures are medians (5)
  --workers N               threads or processes of every contestant (one a core)
  --loads mlp,transformer   only these loads
  --parts throughput,latency,soak,profile
                            only these parts (all but profile)
  --profile                 only profiles: CPU profiles of main thread and workers, the hottest functions of each
  --soak MINUTES            length of the memory run (2)
  --seconds N               length of each latency run (20)
  --zj FILE --jets FILE     other input than demo/data`

/** @throws for an option that is not there */
export function parseOptions(argv, quick) {
  const values = parseBench(argv, {
    profile: { type: 'boolean', default: false },
    events: { type: 'string', default: quick ? '200000' : '3000000' },
    'transformer-events': { type: 'string', default: quick ? '4096' : '32768' },
    rounds: { type: 'string', default: quick ? '1' : '5' },
    workers: { type: 'string', default: String(availableParallelism()) },
    loads: { type: 'string', default: 'mlp,transformer' },
    parts: { type: 'string', default: 'throughput,latency,soak' },
    soak: { type: 'string', default: quick ? '0.25' : '2' },
    seconds: { type: 'string', default: quick ? '5' : '20' },
    zj: { type: 'string' },
    jets: { type: 'string' },
  })
  const number = (name) => {
    const value = Number(values[name])
    if (!(value > 0)) throw new Error(`--${name} must be a positive number, not ${values[name]}`)
    return value
  }
  return {
    help: values.help,
    events: { mlp: number('events'), transformer: number('transformer-events') },
    data: { mlp: values.zj, transformer: values.jets },
    rounds: number('rounds'),
    workers: number('workers'),
    loads: values.loads.split(','),
    parts: values.profile ? ['profile'] : values.parts.split(','),
    soakMinutes: number('soak'),
    seconds: number('seconds'),
    quick,
  }
}
