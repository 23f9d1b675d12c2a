/**
 * Whether no value is infinite or NaN. x·0 is 0 for every finite x and NaN for the rest, so sums tell; four of them side
 * by side, since an addition waits for the one before.
 */
export function allFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = values.length & ~3
  for (let i = 0; i < whole; i += 4) {
    a += values[i] * 0
    b += values[i + 1] * 0
    c += values[i + 2] * 0
    d += values[i + 3] * 0
  }
  for (let i = whole; i < values.length; i++) a += values[i] * 0
  return a + b + c + d === 0
}
