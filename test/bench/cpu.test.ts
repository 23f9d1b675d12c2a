import { spawn, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { cpuTicks, machineTicks, residentBytes, sample, tree } from './engine/cpu.mjs'

const linux = process.platform === 'linux'
const burn = (seconds: number): string =>
  `const cpu = () => { const { user, system } = process.cpuUsage(); return user + system };
   const end = cpu() + ${seconds * 1e6}; while (cpu() < end);`

describe('/proc', () => {
  it('finds user and system time behind a command name with blanks and parentheses', () => {
    const rest = 'S 1 1 1 0 -1 4194560 100 200 0 0 123 45 9 9 20 0 11 0 100 1000 200'
    expect(cpuTicks(`42 (node) ${rest}`)).toBe(168)
    expect(cpuTicks(`42 (a) b (c) d) ${rest}`)).toBe(168)
  })

  it('counts waiting for I/O as idle', () => {
    const text = 'cpu  100 1 50 800 20 3 4 5 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n'
    expect(machineTicks(text)).toEqual({ idle: 820, total: 983 })
  })

  it('reads resident memory, and 0 of a process that has none', () => {
    expect(residentBytes('Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t   2048 kB\n')).toBe(2 << 20)
    expect(residentBytes('Name:\tzombie\n')).toBe(0)
  })
})

describe.runIf(linux)('sample', () => {
  it('counts all threads of a process and its children, and only those', async () => {
    const worker = `new (require('worker_threads').Worker)(${JSON.stringify(burn(0.3))}, { eval: true })`
    const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn(0.3))} + 'setInterval(() => {}, 1e3)'])`
    const script = `${worker}; ${child}; setInterval(() => {}, 1e3)`
    const running = spawn(process.execPath, ['-e', script])
    try {
      const pids = [running.pid!]
      let seen = sample(pids)
      for (let i = 0; i < 200 && seen.cpu < 0.6; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        seen = sample(pids)
      }
      expect(tree(pids).length).toBe(2)
      expect(seen.cpu).toBeGreaterThanOrEqual(0.6)
      expect(seen.rss).toBeGreaterThan(20 << 20)
      // Both may burn a little more: wait until they rest.
      let before = -1
      for (let i = 0; i < 20 && sample(pids).cpu > before; i++) {
        before = sample(pids).cpu
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
      spawnSync(process.execPath, ['-e', burn(0.3)])
      expect(sample(pids).cpu - before).toBeLessThan(0.2)
    } finally {
      for (const pid of tree([running.pid!])) process.kill(pid, 'SIGKILL')
    }
  })

  it('is 0 for a process that is gone', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    expect(sample([pid])).toMatchObject({ cpu: 0, rss: 0 })
  })
})
