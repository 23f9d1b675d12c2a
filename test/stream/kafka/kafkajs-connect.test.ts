import { expect, test } from 'vitest'
import { connector, retryFor } from '#spillway/stream/kafka/kafkajs-connect.js'

test('retries go on until it is over, not until their number is used up', async () => {
  let over = false
  let failures = 0
  const config = {
    brokers: ['127.0.0.1:1'],
    clientId: 'test',
    client: 'kafkajs' as const,
    connectionTimeoutMs: 500,
    requestTimeoutMs: 500,
  }
  const connect = connector(config, (_level, message) => {
    if (message.includes('seed broker') && ++failures === 10) over = true
  })
  const admin = connect(retryFor(600_000, 1, 5, () => over)).admin()
  await expect(admin.connect()).rejects.toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded' })
  // kafkajs decides before each attempt whether another may follow it.
  expect(failures).toBe(11)
})
