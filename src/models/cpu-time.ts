import { readFileSync } from 'node:fs'

/** Linux counts the time of processes in hundredths of a second for whoever asks, whatever it counts in itself. */
const TICK_MS = 10
/** utime and stime, counted from what follows the name, which is in brackets and may hold anything (proc_pid_stat(5)). */
const USER = 11
const SYSTEM = 12

/** What a process has had of the processor's time [ms], on all its threads; `null` where the system does not say. */
export function cpuMsOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[USER]) + Number(fields[SYSTEM])) * TICK_MS
  } catch {
    return null
  }
}
