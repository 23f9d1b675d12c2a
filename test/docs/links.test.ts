import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, root, textOf } from '../support/sources.js'

interface Link {
  readonly page: string
  readonly target: string
}

const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')

const links: Link[] = pages().flatMap((page) =>
  [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ page, target })),
)
const own = links.filter(({ target }) => !/^[a-z]+:/.test(target))

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading))

describe('links of README and docs', () => {
  it('lead to files that are there', () => {
    expect(own.length).toBeGreaterThan(15)
    const broken = own.filter(({ page, target }) => {
      const [file] = target.split('#')
      return file !== '' && !existsSync(join(root, dirname(page), file))
    })
    expect(broken).toEqual([])
  })

  it('lead to headings that are there', () => {
    const broken = own.filter(({ page, target }) => {
      const [file, heading] = target.split('#')
      const path = file === '' ? page : join(dirname(page), file)
      return heading !== undefined && existsSync(join(root, path)) && !anchors(textOf(path)).includes(heading)
    })
    expect(broken).toEqual([])
  })

  it('reach every page of docs', () => {
    const reached = new Set(own.map(({ page, target }) => join(dirname(page), target.split('#')[0])))
    const lonely = pages().filter((page) => page.startsWith('docs/') && !reached.has(page))
    expect(lonely).toEqual([])
  })
})
