import { describe, expect, it } from 'vitest'
import { masked } from '#spillway/cli/echo.js'
import { pipelineIn, temporary } from '../support/pipelines.js'

const secret = 'do-not-show-this'

describe('spillway echo', () => {
  it('shows no secret, wherever it stands', () => {
    const { config } = pipelineIn(
      temporary(),
      `steps:
  - { name: a, model: { registry: 'nats://me:${secret}@one:4222,me:${secret}@two:4222/bucket', name: a } }
  - { name: b, model: { registry: 'folder@home', name: b } }
kafka:
  brokers: ['localhost:9092']
  sasl: { mechanism: plain, username: me, password: ${secret} }
nats: { servers: ['nats://${secret}@localhost:4222'] }
http: { token: ${secret} }`,
    )
    const shown = JSON.stringify(masked(config))
    expect(shown).not.toContain(secret)
    expect(masked(config).steps).toMatchObject([
      { model: { registry: 'nats://********@one:4222,********@two:4222/bucket' } },
      { model: { registry: 'folder@home' } },
    ])
    // The others are as they were.
    expect(masked(config)).toMatchObject({ kafka: { sasl: { username: 'me' } }, workers: config.workers })
  })
})
