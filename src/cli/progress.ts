import { SingleBar } from 'cli-progress'

/** Progress of a run, on standard error: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  update(events: number): void
  /** A line that stays. */
  note(line: string): void
  stop(): void
}

const LINE_MS = 1_000

export function openProgress(name: string, total: number | null, quiet: boolean): Progress {
  if (quiet) return { update() {}, note: (line) => console.error(line), stop() {} }
  if (process.stderr.isTTY === true && total !== null) return bar(name, total)
  return lines(name, total)
}

function bar(name: string, total: number): Progress {
  const start = performance.now()
  const view = new SingleBar({
    format: `${name} {bar} {percentage}% | {value}/{total} events | {rate} events/s | ETA {eta_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
    etaBuffer: 50,
  })
  view.start(total, 0, { rate: '…' })
  return {
    update: (events) => view.update(events, { rate: rateOf(events, start) }),
    note: (line) => console.error(`\n${line}`),
    stop: () => view.stop(),
  }
}

function lines(name: string, total: number | null): Progress {
  const start = performance.now()
  let last = start
  return {
    update(events) {
      const now = performance.now()
      if (now - last < LINE_MS) return
      last = now
      const of = total === null ? '' : ` of ${total}`
      const rate = (events / (now - start)) * 1e3
      const eta = total === null || rate === 0 ? '' : `, ETA ${Math.ceil((total - events) / rate)} s`
      console.error(`${name}: ${events}${of} events, ${rateOf(events, start)} events/s${eta}`)
    },
    note: (line) => console.error(line),
    stop() {},
  }
}

const rateOf = (events: number, start: number): string =>
  Math.round((events / Math.max(1, performance.now() - start)) * 1e3).toLocaleString('en')
