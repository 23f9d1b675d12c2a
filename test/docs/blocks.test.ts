import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaServer, startKafka } from '../../scripts/servers/kafka.mjs'
import { type Block, blocksOf, isOfSources, ReaderFolder } from '../support/blocks.js'
import { needServers } from '../support/servers.js'
import { pages, textOf } from '../support/sources.js'

/** Where the pages say that a broker listens. */
const BROKER = 'localhost:9092'
const SLOW = 240_000

let broker: KafkaServer | undefined

const stopAfterMs = ({ argument }: Block): number | undefined => {
  const found = /, *(\d+) s$/.exec(argument)
  return found === null ? undefined : Number(found[1]) * 1e3
}
const onKafka = ({ verb, argument }: Block): boolean => verb === 'run' && argument.startsWith('kafka')
const tried = pages()
  .map((page) => ({ page, blocks: blocksOf(textOf(page)) }))
  .filter(({ blocks }) => blocks.length > 0)
  // Those are tried in a copy of the sources: adding-a-system.test.ts.
  .filter(({ blocks }) => !blocks.some(isOfSources))
const withKafka = tried.some(({ blocks }) => blocks.some(onKafka)) && needServers('kafka')

beforeAll(async () => {
  if (withKafka) broker = await startKafka()
}, SLOW)
afterAll(async () => {
  await broker?.stop()
})

describe.each(tried)('$page does what it shows', ({ blocks }) => {
  const folder = new ReaderFolder()
  const local = (text: string): string => text.replaceAll(BROKER, broker?.bootstrap ?? BROKER)

  it.for(blocks)('line $line: $verb $argument', { timeout: SLOW }, async (block, { skip }) => {
    if (block.verb === 'write') {
      folder.write(block.argument, block.text)
      return
    }
    if (block.verb === 'check') {
      expect(block.language).toBe('yaml')
      const name = block.argument || `line-${block.line}.yaml`
      folder.write(name, local(block.text))
      const { code, output } = await folder.run(`spillway check ${name}`)
      expect(output).toContain(`${name}: ok`)
      expect(code, output).toBe(0)
      return
    }
    expect(block.language).toBe('sh')
    if (onKafka(block) && broker === undefined) skip()
    const { code, output } = await folder.run(local(block.text), stopAfterMs(block))
    expect(code, output).toBe(0)
    // A pipeline that was told to stop has scored something before.
    if (stopAfterMs(block) !== undefined) expect(output).toMatch(/^│ \S+ +│ [1-9][\d,]* /m)
  })
})

it('the README is among the pages tried', () => {
  expect(tried.map(({ page }) => page)).toContain('README.md')
})
