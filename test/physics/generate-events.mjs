/**
 * Events like those of a shower: a few jets of collimated particles on a soft background, 20 to 400 particles
 * in |y| < 5. The same in every run for one seed.
 */
export function generateEvents(count, seed) {
  const next = random(seed)
  const gauss = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const offsets = new Int32Array(count + 1)
  const p4 = { px: [], py: [], pz: [], e: [] }
  const add = (pt, y, phi, m) => {
    const mt = Math.sqrt(pt * pt + m * m)
    p4.px.push(pt * Math.cos(phi))
    p4.py.push(pt * Math.sin(phi))
    p4.pz.push(mt * Math.sinh(y))
    p4.e.push(mt * Math.cosh(y))
  }
  for (let event = 0; event < count; event++) {
    const jets = 2 + Math.floor(4 * next())
    for (let j = 0; j < jets; j++) {
      const pt = 20 / (0.05 + next())
      const [y, phi] = [6 * next() - 3, 2 * Math.PI * next()]
      const particles = 5 + Math.floor(25 * next())
      for (let k = 0; k < particles; k++) {
        const share = (pt * -Math.log(1 - next())) / particles
        add(share, y + 0.15 * gauss(), phi + 0.15 * gauss(), next() < 0.3 ? 0 : 0.13957)
      }
    }
    const soft = 10 + Math.floor(240 * next())
    for (let k = 0; k < soft; k++)
      add(0.2 - Math.log(1 - next()), 10 * next() - 5, 2 * Math.PI * next(), 0.13957)
    offsets[event + 1] = p4.px.length
  }
  return {
    p4: Object.fromEntries(Object.entries(p4).map(([name, column]) => [name, Float64Array.from(column)])),
    offsets,
  }
}

/** mulberry32 */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
