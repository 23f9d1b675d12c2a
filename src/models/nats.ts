import { readFileSync } from 'node:fs'
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from 'nats'

/** Servers of a NATS cluster, and who asks. */
export interface NatsAddress {
  readonly servers: readonly string[]
  /** Credentials file. */
  readonly credentials?: string
}

/**
 * Connects within 5 s. What is lost later the client itself renews, twice a second and for ever.
 * @param name What servers list the connection as.
 * @param options Over these.
 * @throws Error when no server answers, or the credentials cannot be read.
 */
export async function connectNats(
  { servers, credentials }: NatsAddress,
  name: string,
  options: ConnectionOptions = {},
): Promise<NatsConnection> {
  return connect({
    servers: [...servers],
    name,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    ...(credentials !== undefined && { authenticator: credsAuthenticator(readFileSync(credentials)) }),
    ...options,
  })
}
