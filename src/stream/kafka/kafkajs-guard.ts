import kafkajs, { type Cluster, type PartitionAssigner } from 'kafkajs'
import type { SpillwayError } from '../../errors.js'
import { offsetGone } from './errors-of.js'

interface JoinRequest {
  readonly groupId: string
}

interface CommitRequest {
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly offset: unknown }[]
  }[]
}

/** The two requests of kafkajs's Broker that are watched. */
interface Broker {
  joinGroup(request: JoinRequest): Promise<unknown>
  offsetCommit(request: CommitRequest): Promise<unknown>
}

/**
 * kafkajs rejoins a group without telling anybody before, and answers an offset that retention has removed
 * by committing the default offset, which would skip events in silence. Neither can be configured, but an
 * assigner is given the consumer's own cluster object, so both requests can be met there: `beforeJoin` is
 * awaited before every JoinGroup, and `fail` is told instead of the silent commit.
 */
export function guardedAssigner(
  beforeJoin: () => Promise<void>,
  fail: (error: SpillwayError) => void,
): PartitionAssigner {
  return (setup) => {
    guard(setup.cluster, beforeJoin, fail)
    return kafkajs.PartitionAssigners.roundRobin(setup)
  }
}

function guard(
  cluster: Cluster,
  beforeJoin: () => Promise<void>,
  fail: (error: SpillwayError) => void,
): void {
  const guarded = new WeakSet<object>()
  const findBroker = cluster.findBroker.bind(cluster)
  cluster.findBroker = async (node) => {
    const found = await findBroker(node)
    if (guarded.has(found)) return found
    guarded.add(found)
    const broker = found as unknown as Broker
    const { joinGroup, offsetCommit } = broker
    broker.joinGroup = async (request) => {
      await beforeJoin()
      return joinGroup.call(broker, request)
    }
    broker.offsetCommit = async (request) => {
      for (const { topic, partitions } of request.topics) {
        // Negative offsets mean earliest and latest.
        const reset = partitions.find(({ offset }) => Number(offset) < 0)
        if (reset === undefined) continue
        const gone = offsetGone(`${topic}/${reset.partition}`)
        fail(gone)
        throw gone
      }
      return offsetCommit.call(broker, request)
    }
    return found
  }
}
