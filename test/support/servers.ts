import { createRequire } from 'node:module'
import { kafkaMissing } from '../../scripts/servers/kafka.mjs'
import { natsMissing } from '../../scripts/servers/nats.mjs'
import { findExecutable } from '../../scripts/servers/process.mjs'
import { deployToolsMissing } from './deploy-tools.js'
import { collectorMissing } from './otel-collector.js'

const require = createRequire(import.meta.url)

/** Of the browser that the page is tested in. */
export const chromium = process.env['SPILLWAY_CHROMIUM'] ?? findExecutable('chromium')

const program = (name: string) => (): string | null =>
  findExecutable(name) === null ? `${name} on the PATH (Debian package prometheus)` : null

const missing = {
  chromium: () =>
    chromium === null ? 'chromium (Debian package chromium; PATH or SPILLWAY_CHROMIUM)' : null,
  prometheus: program('prometheus'),
  promtool: program('promtool'),
  helm: () => deployToolsMissing(),
  collector: () => collectorMissing(),
  kafka: () => kafkaMissing(),
  nats: () => natsMissing(),
  confluent: () => {
    try {
      require('@confluentinc/kafka-javascript')
      return null
    } catch {
      return '@confluentinc/kafka-javascript (scripts/install-confluent.sh builds it)'
    }
  },
}

/**
 * Whether what a test needs is here. What is missing is named on the console; with SPILLWAY_REQUIRE_ALL=1 it
 * is an error.
 */
export function needServers(...names: readonly (keyof typeof missing)[]): boolean {
  for (const name of names) {
    const lacking = missing[name]()
    if (lacking === null) continue
    // The librdkafka client is compiled for minutes: a lane of its own (SPILLWAY_CONFLUENT=1) builds and requires it.
    // These are built from the Go module proxy: where that cannot be reached, CI says so and does without.
    const optional =
      (name === 'confluent' && process.env['SPILLWAY_CONFLUENT'] !== '1') ||
      (name === 'helm' && process.env['SPILLWAY_NO_HELM'] === '1') ||
      (name === 'collector' && process.env['SPILLWAY_NO_COLLECTOR'] === '1')
    if (process.env['SPILLWAY_REQUIRE_ALL'] === '1' && !optional) throw new Error(`${name} needs ${lacking}`)
    console.error(`SKIPPED: tests with ${name}: they need ${lacking}`)
    return false
  }
  return true
}
