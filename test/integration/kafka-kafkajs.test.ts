import { describe } from 'vitest'
import { kafkaConformance } from '../conformance/kafka.js'
import { needServers } from '../support/servers.js'

if (needServers('kafka')) kafkaConformance('kafkajs')
else describe.skip('Kafka client kafkajs', () => undefined)
