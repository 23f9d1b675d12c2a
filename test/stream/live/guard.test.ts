import { describe, expect, it, vi } from 'vitest'
import { refusal, TokenGuard } from '#spillway/stream/live/guard.js'

const own = { host: '127.0.0.1:9464' }

describe('what the live page answers', () => {
  it.each([
    ['a plain client', own],
    ['its own page', { ...own, 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:9464' }],
    ['an address typed in', { ...own, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ['a link on another page', { ...own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['the name of this machine', { host: 'localhost:9464' }],
    ['IPv6', { host: '[::1]:9464' }],
  ])('answers %s', (_what, headers) => {
    expect(refusal(headers, '127.0.0.1')).toBeNull()
  })

  it.each([
    ['a foreign name that points here', { host: 'evil.example:9464' }],
    ['no name', {}],
    ["another site's script", { ...own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ["another port's script", { ...own, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['another origin', { ...own, origin: 'http://evil.example' }],
    ['an origin that only looks like ours', { ...own, origin: 'http://127.0.0.1:9464.evil.example' }],
    ['no origin at all', { ...own, origin: 'null' }],
  ])('refuses %s', (_what, headers) => {
    expect(refusal(headers, '127.0.0.1')).toMatch(/\w/)
  })

  it('takes any name where it listens for all', () => {
    expect(refusal({ host: 'scorer-0.lab.example:9464' }, '0.0.0.0')).toBeNull()
  })
})

describe('token', () => {
  it('is right or wrong, and after ten wrong ones all must wait', () => {
    vi.useFakeTimers({ now: 0 })
    const guard = new TokenGuard('sixteen-characters')
    expect(guard.check('Bearer sixteen-characters')).toBe('right')
    for (const header of [undefined, '', 'sixteen-characters', 'Bearer ', 'Bearer x', 'Basic c2l4'])
      expect(guard.check(header)).toBe('wrong')
    for (let i = 0; i < 4; i++) expect(guard.check('Bearer guess')).toBe('wrong')
    expect(guard.check('Bearer sixteen-characters')).toBe('wait')
    vi.setSystemTime(61_000)
    expect(guard.check('Bearer sixteen-characters')).toBe('right')
    vi.useRealTimers()
  })
})
