import Fastify, { type FastifyInstance } from 'fastify'
import { asSpillwayError } from '../errors.js'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly metrics: () => Promise<string>
  /** `null` when ready, otherwise why not. */
  readonly ready: () => string | null
  /** Adds further routes. */
  readonly more?: (server: FastifyInstance) => void
}

export interface HttpServer {
  /** http://host:port */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves `/metrics` (Prometheus text), `/healthz/live` (the event loop turns) and `/healthz/ready` (models are loaded
 * and work makes progress). @throws SpillwayError SINK_UNAVAILABLE when the port is taken.
 */
export async function serveHttp({ host, port, metrics, ready, more }: HttpOptions): Promise<HttpServer> {
  const server = Fastify({ logger: false, forceCloseConnections: true })
  server.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return metrics()
  })
  server.get('/healthz/live', async () => ({ status: 'live' }))
  server.get('/healthz/ready', async (_request, reply) => {
    const why = ready()
    if (why === null) return { status: 'ready' }
    reply.code(503)
    return { status: 'not ready', why }
  })
  more?.(server)
  try {
    const url = await server.listen({ host, port })
    return { url, close: () => server.close() }
  } catch (cause) {
    throw asSpillwayError(cause, 'HTTP_UNAVAILABLE', { place: `${host}:${port}` })
  }
}
