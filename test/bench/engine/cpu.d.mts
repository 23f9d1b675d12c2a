export interface Sample {
  /** Seconds, of this process's clock. */
  readonly at: number
  /** CPU seconds so far. */
  readonly cpu: number
  /** Resident bytes. */
  readonly rss: number
  /** Seconds that the machine's cores have been idle, summed over cores. */
  readonly idle: number
}
export function cpuTicks(line: string): number
export function machineTicks(text: string): { readonly idle: number; readonly total: number }
export function residentBytes(text: string): number
export function tree(pids: readonly number[]): readonly number[]
export function sample(pids: readonly number[]): Sample
