export interface NatsOptions {
  /** A temporary folder, removed by `stop`, when absent. */
  readonly dataDir?: string
  readonly port?: number
  readonly timeoutMs?: number
  /** Outlive this process. */
  readonly detach?: boolean
}

export interface NatsServer {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** Changes with `restart`. */
  readonly pid: number
  alive(): boolean
  /** SIGKILL. */
  kill(): Promise<void>
  restart(options?: { readonly kill?: boolean }): Promise<void>
  stop(): Promise<void>
}

/** What is missing to run nats-server here, or `null`. */
export function natsMissing(): string | null
export function startNats(options?: NatsOptions): Promise<NatsServer>
