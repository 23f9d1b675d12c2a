import { describe, expect, it } from 'vitest'
import { escapeHtml, htmlPage, htmlTable } from '#spillway/report/page.js'

const EVIL = '<script>alert("&")</script>'

describe('escapeHtml', () => {
  it('leaves nothing that HTML reads', () => {
    expect(escapeHtml(EVIL)).toBe('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;')
  })
})

describe('htmlTable', () => {
  it('escapes heads and cells', () => {
    const table = htmlTable([EVIL], [[EVIL], ['r_L > 0.5']])
    expect(table).not.toContain('<script')
    expect(table).toContain('<td>r_L &gt; 0.5</td>')
    expect(table.match(/<tr>/g)).toHaveLength(3)
  })
})

describe('htmlPage', () => {
  const page = htmlPage(EVIL, EVIL, [
    {
      title: EVIL,
      lead: EVIL,
      figures: [{ title: EVIL, content: '<svg viewBox="0 0 1 1"></svg>', caption: EVIL }],
    },
  ])

  it('escapes all text and keeps pictures', () => {
    expect(page).not.toContain('<script')
    expect(page).toContain('<svg viewBox="0 0 1 1"></svg>')
    expect(page).toContain(`<title>${escapeHtml(EVIL)}</title>`)
  })

  it('stands by itself', () => {
    expect(page).not.toMatch(/https?:|@import|url\(/)
    expect(page.startsWith('<!doctype html>')).toBe(true)
  })
})
