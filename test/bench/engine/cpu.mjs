import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

let ticks
/** Clock ticks a second of /proc (USER_HZ). */
const ticksPerSecond = () => {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ticks
}

/**
 * User and system CPU of a /proc/<pid>/stat line, in ticks, of all threads of the process. The command name is in
 * parentheses and may itself hold blanks and parentheses, so fields are counted from the last one.
 */
export function cpuTicks(line) {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Idle (and waiting for I/O) and all CPU time of the first line of /proc/stat, in ticks. */
export function machineTicks(text) {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = text
    .slice(0, text.indexOf('\n'))
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return { idle: idle + iowait, total: user + nice + system + idle + iowait + irq + softirq + steal }
}

/** Resident bytes of a /proc/<pid>/status text. */
export function residentBytes(text) {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text)
  return match === null ? 0 : Number(match[1]) * 1024
}

/** What `read` gives, or nothing of a process or thread that has just ended. */
function unlessEnded(read) {
  try {
    return read()
  } catch {
    return []
  }
}

/** The processes and all their descendants that are alive. */
export function tree(pids) {
  return pids.flatMap((pid) =>
    unlessEnded(() => [
      pid,
      // A thread may end while its neighbours are read: the process goes on.
      ...readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
        unlessEnded(() => tree(childrenOf(pid, thread))),
      ),
    ]),
  )
}

const childrenOf = (pid, thread) =>
  readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** CPU seconds so far and resident bytes of these processes and their descendants, and the machine's idle seconds. */
export function sample(pids) {
  let cpu = 0
  let rss = 0
  for (const pid of tree(pids)) {
    try {
      cpu += cpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      rss += residentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      // It has just ended.
    }
  }
  const { idle } = machineTicks(readFileSync('/proc/stat', 'utf8'))
  return { at: performance.now() / 1e3, cpu: cpu / ticksPerSecond(), rss, idle: idle / ticksPerSecond() }
}

/** CPU seconds so far of each thread of a process, by thread id. */
export function threads(pid) {
  return new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      try {
        return [
          [thread, cpuTicks(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')) / ticksPerSecond()],
        ]
      } catch {
        return []
      }
    }),
  )
}
