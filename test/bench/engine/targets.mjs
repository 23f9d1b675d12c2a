import { median, pairedRatio } from './stats.mjs'

const figures = (runs, name) => (runs ?? []).map((run) => run[name])

/** One target: `ok` is null where it was not measured. */
const target = (id, text, value, holds) => {
  const measured = Number.isFinite(value)
  return { id, target: text, value: measured ? value : null, ok: measured ? holds(value) : null }
}

/** Ratios are taken round by round, and of them the median: neighbours in time share the machine's mood. */
export function targetsOf({ throughput, latency, soak }) {
  const ratio = (load, above, below, figure) =>
    pairedRatio(figures(throughput[load]?.[above], figure), figures(throughput[load]?.[below], figure))
  const least = (id, text, value, limit) => target(id, text, value, (x) => x >= limit)
  const most = (id, text, value, limit) => target(id, text, value, (x) => x <= limit)
  const cpu = 'ratePerCpu'
  const wait = (who, quantile) => median(figures(latency[who], quantile))
  const busy = ['files', 'at_least_once', 'exactly_once'].flatMap((name) =>
    figures(throughput.transformer?.[name], 'busy'),
  )
  return [
    least(
      'transformer-files',
      'Transformer, file to file: >= 0.90 of raw ONNX Runtime per CPU second',
      ratio('transformer', 'files', 'ceiling', cpu),
      0.9,
    ),
    least(
      'transformer-kafka',
      'Transformer, Kafka to Kafka exactly once: >= 0.85 of raw ONNX Runtime per CPU second',
      ratio('transformer', 'exactly_once', 'ceiling', cpu),
      0.85,
    ),
    least(
      'transformer-python',
      'Transformer, Kafka to Kafka exactly once: >= 1.3 x Python per CPU second',
      ratio('transformer', 'exactly_once', 'python', cpu),
      1.3,
    ),
    least(
      'mlp-python-cpu',
      'MLP, Kafka to Kafka at least once: >= 1.1 x Python per CPU second',
      ratio('mlp', 'at_least_once', 'python', cpu),
      1.1,
    ),
    least(
      'mlp-python-wall',
      'MLP, Kafka to Kafka at least once: >= 1.1 x Python wall',
      ratio('mlp', 'at_least_once', 'python', 'rate'),
      1.1,
    ),
    most(
      'exactly-once-cost',
      'exactly once costs <= 10 % against at least once, MLP per CPU second, 200 ms',
      1 - ratio('mlp', 'exactly_once', 'at_least_once', cpu),
      0.1,
    ),
    most(
      'exactly-once-cost-wall',
      'exactly once costs <= 10 % against at least once, MLP wall, 200 ms',
      1 - ratio('mlp', 'exactly_once', 'at_least_once', 'rate'),
      0.1,
    ),
    most(
      'latency-p50',
      'latency p50 at 20,000 events/s, at least once: <= Python (ratio)',
      wait('at_least_once', 'p50') / wait('python', 'p50'),
      1,
    ),
    most(
      'latency-p99',
      'latency p99 at 20,000 events/s, at least once: <= Python (ratio)',
      wait('at_least_once', 'p99') / wait('python', 'p99'),
      1,
    ),
    most(
      'latency-exactly-once',
      'latency p99 at 20,000 events/s, exactly once, 20 ms: <= 60 ms',
      wait('exactly_once', 'p99'),
      60,
    ),
    most('memory-flat', 'memory grows by <= 1 MB a minute (soak)', soak?.slope ?? Number.NaN, 1),
    least('cores-busy', 'both cores busy at full load: CPU / (CPU + idle) >= 0.9', median(busy), 0.9),
  ]
}
