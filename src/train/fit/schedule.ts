/** The learning rate of each step, counted from 0. Pure, so that a resumed run continues it. */
export type Schedule = (step: number) => number

export interface ScheduleOptions {
  /** Highest learning rate. */
  readonly peak: number
  /** Steps of the whole run. */
  readonly steps: number
  /** Steps of the linear rise at the start; 0 unless given. */
  readonly warmup?: number
  /** Learning rate at the end, as a fraction of the peak; 0 unless given. */
  readonly floor?: number
}

export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate

/** A linear rise, then half a cosine down to the floor (Loshchilov and Hutter, arXiv:1608.03983). */
export function cosine({ peak, steps, warmup = 0, floor = 0 }: ScheduleOptions): Schedule {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    return between(peak, peak * floor, (step - warmup) / Math.max(1, steps - warmup))
  }
}

/** A linear rise, then the peak. */
export function warmUp({ peak, warmup = 0 }: Pick<ScheduleOptions, 'peak' | 'warmup'>): Schedule {
  return (step) => (step < warmup ? (peak * (step + 1)) / warmup : peak)
}

export interface OneCycleOptions extends Pick<ScheduleOptions, 'peak' | 'steps'> {
  /** Fraction of the run that rises; 0.3 unless given. */
  readonly rise?: number
  /** The run starts at peak / start and ends at peak / (start · end); 25 and 10⁴ unless given. */
  readonly start?: number
  readonly end?: number
}

/** One cosine up and one down, far below the start (Smith and Topin, arXiv:1708.07120; PyTorch's defaults). */
export function oneCycle({ peak, steps, rise = 0.3, start = 25, end = 1e4 }: OneCycleOptions): Schedule {
  const top = rise * steps - 1
  const first = peak / start
  return (step) => {
    if (step <= top) return between(first, peak, step / Math.max(1, top))
    return between(peak, first / end, (step - top) / Math.max(1, steps - 1 - top))
  }
}

/** From `a` to `b` along half a cosine; t is cut to [0, 1]. */
function between(a: number, b: number, t: number): number {
  const share = Math.min(1, Math.max(0, t))
  return b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2
}
