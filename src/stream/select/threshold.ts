/**
 * The state of an automatic threshold: a plain value (JSON keeps it whole), passed in and given back, so that it can
 * be committed beside offsets and a replay makes the same decisions.
 *
 * The stream is cut into windows of events. In each, the `keep` largest scores are gathered; the smallest of them
 * becomes the threshold of the next window. For scores that come in no order an event then exceeds it with
 * probability keep / (window + 1), where window = ⌈keep / fraction⌉: never more than the fraction asked, and within
 * about 1/√keep of it. Windows are counted in events of the stream, so batch boundaries do not matter. A change of the
 * score's distribution is followed within two windows.
 */
export interface ThresholdState {
  /** Largest scores gathered in a window: 32 in the first, doubled up to 512, so that a threshold is there soon. */
  readonly keep: number
  /** Events of the window so far. */
  readonly seen: number
  /** The largest scores of the window so far, as a heap with the smallest first. */
  readonly largest: readonly number[]
  /** Scores above it are accepted; null before the first window ends. */
  readonly threshold: number | null
}

const FIRST_KEEP = 32
const MOST_KEEP = 512

/** The threshold that accepts every candidate but a score of -Infinity: fewer come than may be accepted. */
export const ACCEPT_ALL = -Number.MAX_VALUE

export const firstThreshold: ThresholdState = { keep: FIRST_KEEP, seen: 0, largest: [], threshold: null }

export interface Thresholded {
  /** One byte per event: 1 where a candidate's score is above the threshold. */
  readonly passed: Uint8Array
  /** The threshold that each event met; NaN before the first window ended. */
  readonly thresholds: Float64Array
  readonly state: ThresholdState
}

/**
 * Applies the threshold to a batch and goes on learning it.
 * @param candidates One byte per event. Scores of all others, and NaN, do not count.
 * @param fraction Largest part of all events, candidates or not, to accept; in (0, 1].
 * @param warmUp Tells whether to accept row i while there is no threshold yet; should hold for `fraction` of rows.
 */
export function applyThreshold(
  scores: Float64Array,
  candidates: Uint8Array,
  fraction: number,
  state: ThresholdState,
  warmUp: (row: number) => boolean,
): Thresholded {
  const passed = new Uint8Array(scores.length)
  const thresholds = new Float64Array(scores.length)
  const heap = new Float64Array(MOST_KEEP)
  heap.set(state.largest)
  let { keep, seen, threshold } = state
  let held = state.largest.length
  let window = Math.ceil(keep / fraction)
  for (let i = 0; i < scores.length; i++) {
    thresholds[i] = threshold ?? Number.NaN
    if (candidates[i] === 1 && !Number.isNaN(scores[i])) {
      // Infinities as the largest numbers: JSON has none.
      const score = Math.min(Math.max(scores[i], -Number.MAX_VALUE), Number.MAX_VALUE)
      passed[i] = (threshold === null ? warmUp(i) : score > threshold) ? 1 : 0
      if (held < keep) rise(heap, held++, score)
      else if (score > heap[0]) sink(heap, held, score)
    }
    seen++
    if (seen < window) continue
    threshold = held === keep ? heap[0] : ACCEPT_ALL
    keep = Math.min(MOST_KEEP, keep * 2)
    window = Math.ceil(keep / fraction)
    seen = 0
    held = 0
  }
  return { passed, thresholds, state: { keep, seen, largest: [...heap.subarray(0, held)], threshold } }
}

/** Puts a value into the free place at the end of a heap. */
function rise(heap: Float64Array, end: number, value: number): void {
  let at = end
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent] <= value) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = value
}

/** Replaces the smallest value of a heap. */
function sink(heap: Float64Array, length: number, value: number): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= length) break
    const child = left + 1 < length && heap[left + 1] < heap[left] ? left + 1 : left
    if (heap[child] >= value) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = value
}
