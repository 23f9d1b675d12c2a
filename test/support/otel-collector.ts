import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, freePorts } from '../../scripts/servers/process.mjs'
import { until } from './kafka.js'
import { type SeenSpan, spansOf } from './otlp.js'
import { temporary } from './pipelines.js'

/** What scripts/install-otel-collector.sh makes. */
const program = join(cacheDir(), 'otel-collector-0.140.0/otel-collector')

export const collectorMissing = (): string | null =>
  existsSync(program) ? null : 'the OpenTelemetry collector (scripts/install-otel-collector.sh builds it)'

/** A collector that takes OTLP/HTTP and keeps what it got in a file. Stop it. */
export async function startCollector() {
  const folder = temporary()
  const kept = join(folder, 'spans.jsonl')
  const [port] = await freePorts(1)
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: kept, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
    },
  }
  writeFileSync(join(folder, 'collector.yaml'), JSON.stringify(config))
  const child = spawn(program, [`--config=file:${join(folder, 'collector.yaml')}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000)
  })
  const url = `http://127.0.0.1:${port}`
  const listens = async () => {
    if (child.exitCode !== null) throw new Error(`the collector ended:\n${log}`)
    return (await fetch(`${url}/v1/traces`).catch(() => null)) !== null
  }
  await until(listens, 'the collector')
  return {
    url,
    spans(): readonly SeenSpan[] {
      if (!existsSync(kept)) return []
      // The last line may still be being written.
      return readFileSync(kept, 'utf8').split('\n').slice(0, -1).flatMap(spansOf)
    },
    async close(): Promise<void> {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
