/** Where downloaded and built things are kept between runs: $SPILLWAY_CACHE or ~/.cache/spillway. */
export function cacheDir(): string
/** Full path of an executable on PATH, or `null`. */
export function findExecutable(name: string): string | null
/** Free loopback ports below the range of outgoing connections. */
export function freePorts(count: number): Promise<number[]>
export function isAlive(pid: number): boolean
