import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asSpillwayError } from '../../errors.js'
import { ActionRequest, type LiveAction } from './actions.js'
import { readAssets } from './assets.js'
import { refusal, SECURITY_HEADERS, TokenGuard } from './guard.js'
import type { LiveHub } from './hub.js'
import type { LiveState } from './state.js'

export interface LiveRoutes {
  readonly hub: LiveHub
  readonly state: () => LiveState
  /** Address that the server listens on. */
  readonly host: string
  /** `null`: nothing can be done from the page. */
  readonly control: { readonly token: string; readonly actions: readonly LiveAction[] } | null
  /** An operator did something: for the page's notices and the log. */
  readonly notice: (text: string) => void
}

/** Adds the page, its state and its actions to a server. */
export function addLiveRoutes(server: FastifyInstance, routes: LiveRoutes): void {
  const { hub, state, host } = routes
  const guarded = {
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      reply.headers(SECURITY_HEADERS)
      const why = refusal(request.headers, host)
      if (why !== null) return reply.code(403).send({ error: why })
    },
  }
  for (const { path, type, body } of readAssets())
    server.get(path, guarded, async (_request, reply) => reply.type(type).send(body))
  server.get('/live/state', guarded, async () => state())
  server.get('/live/events', guarded, (_request, reply) => {
    if (hub.join(reply.raw, SECURITY_HEADERS, state())) reply.hijack()
    else reply.code(503).send({ error: 'too many pages watch this process' })
  })
  if (routes.control !== null) addActions(server, guarded, routes, routes.control)
}

function addActions(
  server: FastifyInstance,
  guarded: { readonly onRequest: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> },
  { notice }: LiveRoutes,
  { token, actions }: NonNullable<LiveRoutes['control']>,
): void {
  const guard = new TokenGuard(token)
  for (const { name, run } of actions) {
    server.post(`/live/actions/${name}`, guarded, async (request, reply) => {
      const verdict = guard.check(request.headers.authorization)
      if (verdict === 'wait') return reply.code(429).send({ error: 'too many wrong tokens; wait a minute' })
      if (verdict === 'wrong') return reply.code(401).send({ error: 'the token is wrong' })
      const parsed = ActionRequest.safeParse(request.body)
      if (!parsed.success) return reply.code(400).send({ error: parsed.error.issues[0].message })
      try {
        const done = await run(parsed.data)
        if (!parsed.data.dry_run) notice(`operator: ${done}`)
        return { done }
      } catch (cause) {
        const { message, remedy } = asSpillwayError(cause, 'INTERNAL')
        return reply.code(409).send({ error: message, remedy })
      }
    })
  }
}
