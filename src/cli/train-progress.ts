import { SingleBar } from 'cli-progress'

/** Progress of a run's stages, on standard error: a bar on a terminal, a line now and then elsewhere. */
export interface StageProgress {
  /** `done` of `of` units of a stage, with a word more, for instance the loss. */
  update(stage: string, done: number, of: number, more?: string): void
  /** A line that stays. */
  note(line: string): void
  stop(): void
}

const LINE_MS = 5_000

export function openStages(quiet: boolean): StageProgress {
  if (quiet) return { update() {}, note() {}, stop() {} }
  return process.stderr.isTTY === true ? bars() : lines()
}

function bars(): StageProgress {
  let current: { readonly stage: string; readonly bar: SingleBar } | undefined
  const stop = (): void => {
    current?.bar.stop()
    current = undefined
  }
  return {
    update(stage, done, of, more = '') {
      if (current?.stage !== stage) {
        stop()
        const bar = new SingleBar({
          format: `${stage} {bar} {percentage}% | {value}/{total} | ETA {eta_formatted} {more}`,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          hideCursor: true,
          stream: process.stderr,
          etaBuffer: 200,
        })
        bar.start(of, done, { more })
        current = { stage, bar }
      }
      current.bar.update(done, { more })
    },
    note(line) {
      // Over the bar, which is drawn again below it.
      process.stderr.write(`\r\x1b[K${line}\n`)
    },
    stop,
  }
}

function lines(): StageProgress {
  let stage = ''
  let start = 0
  let last = 0
  return {
    update(name, done, of, more = '') {
      const now = performance.now()
      if (name !== stage) {
        stage = name
        start = now
        last = now
        console.error(`${name} …`)
        return
      }
      if (now - last < LINE_MS) return
      last = now
      const eta = done === 0 ? '' : `, ETA ${Math.ceil(((of - done) * (now - start)) / done / 1e3)} s`
      console.error(`${name}: ${done} of ${of}${eta} ${more}`.trimEnd())
    },
    note: (line) => console.error(line),
    stop() {},
  }
}
