export interface KafkaOptions {
  /** A temporary folder, removed by `stop`, when absent. */
  readonly dataDir?: string
  readonly port?: number
  readonly version?: string
  /** Java heap, for example `512m`. */
  readonly heap?: string
  /** Adds a SASL_SSL listener with SCRAM-SHA-256 and -512. */
  readonly secure?: boolean
  /** More lines of server.properties; they win. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  readonly timeoutMs?: number
  /** Outlive this process. */
  readonly detach?: boolean
}

export interface KafkaServer {
  readonly bootstrap: string
  readonly secureBootstrap: string | null
  /** PEM of the certificate of the secure listener. */
  readonly ca: string | null
  readonly username: string
  readonly password: string
  readonly port: number
  readonly dataDir: string
  readonly version: string
  /** Changes with `restart`. */
  readonly pid: number
  alive(): boolean
  /** SIGKILL. */
  kill(): Promise<void>
  /** Comes back on the same data and ports, after an orderly end, SIGKILL (`kill: true`), or `kill()`. */
  restart(options?: { readonly kill?: boolean }): Promise<void>
  stop(): Promise<void>
}

export const defaultVersion: string
/** What is missing to run a broker here, or `null`. */
export function kafkaMissing(version?: string): string | null
/** Whether a broker answers ApiVersions there. */
export function answersApiVersions(port: number, host?: string): Promise<boolean>
export function startKafka(options?: KafkaOptions): Promise<KafkaServer>
