import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  bundleDigest,
  bundleOf,
  makeBundle,
  readBundleFiles,
  withVersion,
  writeBundle,
  writeBundleFiles,
} from '#spillway/models/bundle.js'
import { readBundle } from '#spillway/models/manifest.js'
import { tinyEvents } from '../support/bundle.js'
import { linear } from '../support/onnx.js'
import { temporary } from '../support/pipelines.js'
import { damaged, scaled } from '../support/registries.js'

const draft = {
  name: 'mine',
  version: 4,
  features: { builder: 'columns', version: 1, options: { tensors: [{ name: 'x', columns: ['x'] }] } },
  inputs: { x: 'x' },
  outputs: [{ name: 'y', columns: ['y'] }],
  tolerance: { absolute: 1e-5, relative: 1e-5 },
}

describe('a bundle', () => {
  it('is written as a folder that a pipeline can name', () => {
    const folder = join(temporary(), 'mine')
    const files = writeBundle(folder, draft, linear([2]), tinyEvents([1]))
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'model.onnx', 'probe.arrow'])
    expect(readBundle(folder).manifest).toMatchObject({ name: 'mine', version: 4, format: 1 })
    expect(bundleDigest(readBundleFiles(folder))).toBe(bundleDigest(files))
  })

  it('has the address that sha256sum gives', () => {
    const folder = temporary()
    const files = scaled(1)
    writeBundleFiles(folder, files)
    const out = execFileSync('sh', ['-c', 'LC_ALL=C; sha256sum * | sha256sum'], { cwd: folder }).toString()
    expect(out.slice(0, 64)).toBe(bundleDigest(files))
  })

  it('may lack a probe', () => {
    expect(bundleOf(makeBundle(draft, linear([2]), null), 'here').probe).toBeNull()
  })

  it('takes another version with the same weights', () => {
    const files = scaled(1)
    const later = withVersion(damaged(files, 'model.sig', Uint8Array.of(1)), 7)
    expect([...later.keys()].sort()).toEqual(['manifest.json', 'model.onnx', 'probe.arrow'])
    expect(bundleOf(later, 'here').manifest.version).toBe(7)
    expect(bundleOf(files, 'here').manifest.version).toBe(1)
  })

  it.each([
    ['a model that is cut short', 'model.onnx', Uint8Array.of(8)],
    ['a file that nobody names', 'more.txt', Uint8Array.of(1)],
    ['a manifest that is none', 'manifest.json', Buffer.from('{}')],
  ])('refuses %s', (_what, name, bytes) => {
    expect(() => bundleOf(damaged(scaled(1), name, bytes), 'here')).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })

  it('names the file that is missing', () => {
    const folder = temporary()
    writeFileSync(join(folder, 'manifest.json'), scaled(1).get('manifest.json')!)
    expect(() => readBundleFiles(folder)).toThrow(
      expect.objectContaining({ code: 'MODEL_UNREADABLE', place: join(folder, 'model.onnx') }),
    )
  })

  it.each([
    [{ edges: [0, 1, 1], counts: [1, 1] }],
    [{ edges: [0, 1, 2], counts: [1, 1, 1] }],
    [{ edges: [0], counts: [] }],
  ])('refuses the reference histogram %j', (reference) => {
    expect(() => makeBundle({ ...draft, references: { 'score.y': reference } }, linear([2]), null)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })
})
