import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { traceKernels } from '#spillway/train/trace/index.js'

const folder = fileURLToPath(new URL('../../../src/train/trace', import.meta.url))
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

describe('the folder src/train/trace', () => {
  it('imports nothing of the project but the error type', () => {
    const outside = sources.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => match[1])
      return imports
        .map((path) => relative(folder, resolve(dirname(join(folder, file)), path)))
        .filter((path) => path.startsWith('..'))
    })
    expect(new Set(outside)).toEqual(new Set(['../../errors.js']))
  })

  it('names TensorFlow.js in one file and needs ONNX Runtime for its types only', () => {
    const naming = sources.filter((file) =>
      /from '@tensorflow/.test(readFileSync(join(folder, file), 'utf8')),
    )
    expect(naming).toEqual(['tf.ts'])
    const runtime = sources.filter((file) =>
      /^import \{.*from 'onnxruntime/m.test(readFileSync(join(folder, file), 'utf8')),
    )
    expect(runtime).toEqual([])
  })

  it('lists every kernel in its README, and each kernel once', () => {
    const names = traceKernels.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const list = readme.slice(readme.indexOf('## Kernels'), readme.indexOf('Limits:'))
    const listed = list
      .replace('## Kernels', '')
      .split(/[\s,.]+/)
      .filter(Boolean)
    expect(listed).toEqual(names.toSorted())
  })
})
