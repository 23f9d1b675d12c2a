import { describe } from 'vitest'
import { kafkaConformance } from '../conformance/kafka.js'
import { needServers } from '../support/servers.js'

if (needServers('kafka', 'confluent')) kafkaConformance('confluent')
else describe.skip('Kafka client confluent', () => undefined)
