import { describe, expect, it } from 'vitest'
import { HeardOrders, isGroupAction, Order } from '#spillway/stream/group/orders.js'

const START = 1_000_000
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const order = (n: number, time: number): Order => ({
  id: id(n),
  process: 'p',
  host: 'h',
  pid: 1,
  time,
  action: 'pause',
  dry_run: false,
})

describe('orders of other processes', () => {
  it('are taken once, however often they come', () => {
    const heard = new HeardOrders(START)
    const one = order(1, START + 10)
    expect(heard.refusal(one, START + 10)).toBeNull()
    expect(heard.refusal(one, START + 11)).toBe('it was asked before')
    expect(heard.refusal(order(2, START + 10), START + 11)).toBeNull()
    // For as long as its time would let it in.
    for (let now = START + 12; now <= START + 40; now++) expect(heard.refusal(one, now)).not.toBeNull()
  })

  it('of a clock that is ahead are not taken again at the end of their time', () => {
    const heard = new HeardOrders(START)
    const one = order(1, START + 40)
    expect(heard.refusal(one, START + 10)).toBeNull()
    expect(heard.refusal(one, START + 70)).toBe('it was asked before')
  })

  it('are not taken late, early, or from before this process', () => {
    const heard = new HeardOrders(START)
    expect(heard.refusal(order(1, START + 10), START + 41)).toMatch('asked 31 s ago')
    expect(heard.refusal(order(2, START + 72), START + 41)).toMatch('asked -31 s ago')
    expect(heard.refusal(order(3, START - 1), START + 1)).toMatch('before this process began')
  })

  it('are few and strict', () => {
    expect(['pause', 'resume', 'promote', 'rollback'].every(isGroupAction)).toBe(true)
    expect(isGroupAction('replay')).toBe(false)
    const valid = order(1, START)
    expect(Order.safeParse(valid).success).toBe(true)
    for (const more of [{ action: 'replay' }, { publish: true }, { step: 'x'.repeat(65) }, { id: 'x' }])
      expect(Order.safeParse({ ...valid, ...more }).success).toBe(false)
  })
})
