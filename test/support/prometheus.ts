import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../scripts/servers/process.mjs'
import { until } from './kafka.js'
import { root, temporary } from './pipelines.js'

/** Scrapes in a minute, as shipped: one every 15 s. */
const SCRAPES_A_MINUTE = 4

/** The shipped rules with every minute as long as four scrapes, so that a test need not wait for minutes. */
const quick = (rules: string, intervalMs: number): string =>
  rules.replace(
    /(for: |\[|offset )(\d+)m\b/g,
    (_all, before: string, minutes: string) =>
      `${before}${Number(minutes) * SCRAPES_A_MINUTE * intervalMs}ms`,
  )

export interface Firing {
  readonly alertname: string
  readonly pipeline: string
}

/** Debian's Prometheus with the shipped rules, looking and judging at an interval. Stop it. */
export async function startPrometheus(targets: readonly string[], intervalMs = 250) {
  const folder = temporary()
  for (const name of ['rules.yaml', 'alerts.yaml'])
    writeFileSync(
      join(folder, name),
      quick(readFileSync(join(root, 'deploy/prometheus', name), 'utf8'), intervalMs),
    )
  const list = targets.map((target) => `'${target}'`).join(', ')
  writeFileSync(
    join(folder, 'prometheus.yaml'),
    `global: { scrape_interval: ${intervalMs}ms, scrape_timeout: ${intervalMs}ms, evaluation_interval: ${intervalMs}ms }
rule_files: [rules.yaml, alerts.yaml]
scrape_configs: [{ job_name: spillway, static_configs: [{ targets: [${list}] }] }]
`,
  )
  const [port] = await freePorts(1)
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000)
  })
  const url = `http://127.0.0.1:${port}`
  const ready = async () => {
    if (child.exitCode !== null) throw new Error(`prometheus ended:\n${log}`)
    return (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true
  }
  await until(ready, 'prometheus')

  async function query(expression: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const answer = (await response.json()) as {
      readonly error?: string
      readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] }
    }
    if (answer.data === undefined) throw new Error(`${expression}: ${answer.error}`)
    return answer.data.result.map(({ metric }) => metric)
  }
  return {
    url,
    /** Labels of the series that an expression gives now. @throws what is wrong with the expression */
    query,
    /** Alerts that fired at any time since the start, each once, as `pipeline: alert`. */
    async fired(): Promise<string[]> {
      const alerts = await query('last_over_time(ALERTS{alertstate="firing"}[1h])')
      return [...new Set(alerts.map(({ alertname, pipeline }) => `${pipeline ?? '?'}: ${alertname}`))].sort()
    },
    async stop(): Promise<void> {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
