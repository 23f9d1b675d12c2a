import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { deployTool } from '../support/deploy-tools.js'
import { needServers } from '../support/servers.js'
import { root, textOf } from '../support/sources.js'

interface Stage {
  readonly name: string
  readonly from: string
  readonly lines: readonly string[]
}

/** Stages of the Dockerfile, in order, with continued lines joined. */
const stages = textOf('deploy/Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split(/^(?=FROM )/m)
  .slice(1)
  .map((text): Stage => {
    const [first, ...lines] = text.split('\n').filter((line) => line !== '')
    const [, from, name] = /^FROM (\S+) AS (\S+)$/.exec(first)!
    return { name, from, lines }
  })

/** What .dockerignore lets through of the repository: everything is left out, then some is taken back. */
function context(): Set<string> {
  const rules = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(rules[0]).toBe('*')
  const taken = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1))
  const left = rules.slice(1).filter((rule) => !rule.startsWith('!'))
  const inside = (list: readonly string[]) => list.flatMap((path) => [path, `${path}/**`])
  return new Set(
    globSync(inside(taken), { cwd: root, ignore: inside(left), dot: true, expandDirectories: false }),
  )
}

describe('the Dockerfile', () => {
  it('builds the CPU image unless another stage is named', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'build-cuda', 'cuda', 'cpu'])
  })

  it('copies only what the context holds, or an earlier stage', () => {
    const files = [...context()]
    expect(files.length).toBeGreaterThan(100)
    for (const [i, { lines }] of stages.entries()) {
      for (const line of lines.filter((one) => one.startsWith('COPY '))) {
        const words = line.split(' ').slice(1)
        const stage = /^--from=(.*)$/.exec(words[0])?.[1]
        if (stage !== undefined) expect(stages.slice(0, i).map(({ name }) => name)).toContain(stage)
        else
          for (const path of words.slice(0, -1))
            expect(
              files.some((file) => file === path || file.startsWith(`${path}/`)),
              path,
            ).toBe(true)
      }
    }
  })

  it('takes no secrets, builds or outputs along', () => {
    const wrong = /^(node_modules|dist|demo\/out|\.git|test|docs)\b|\.(pem|key|env)$/
    expect([...context()].filter((file) => wrong.test(file))).toEqual([])
  })

  it.each(['cpu', 'cuda'])('ends as a user without rights who gets SIGTERM, in %s', (name) => {
    const { lines } = stages.find((stage) => stage.name === name)!
    const last = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).at(-1)
    expect(last('USER')).toBe('USER 10001:10001')
    expect(last('STOPSIGNAL')).toBe('STOPSIGNAL SIGTERM')
    // The JSON form: no shell between the signal and the program, and a first process that passes signals on.
    expect(JSON.parse(last('ENTRYPOINT')!.slice('ENTRYPOINT '.length))).toEqual([
      '/usr/bin/tini',
      '--',
      'node',
      '/app/dist/cli/main.js',
    ])
  })

  it('has large buffers given back to the system, as all that starts the command does', () => {
    const setting = /MALLOC_MMAP_THRESHOLD_\W+(\d+)/g
    const found = (path: string) => [...textOf(path).matchAll(setting)].map(([, bytes]) => bytes)
    expect(found('deploy/Dockerfile')).toEqual(['131072', '131072'])
    for (const path of ['deploy/apptainer.def', 'src/cli/main.ts', 'test/chaos/scorer.mjs'])
      expect(found(path), path).toEqual(['131072'])
  })

  it('gives new objects the room that all that starts the command does', () => {
    const found = (path: string) => textOf(path).match(/--max-semi-space-size=\d+/g)
    expect(found('deploy/Dockerfile')).toEqual(Array(2).fill('--max-semi-space-size=4'))
    for (const path of ['deploy/apptainer.def', 'src/cli/main.ts', 'test/chaos/scorer.mjs'])
      expect(found(path), path).toEqual(['--max-semi-space-size=4'])
  })

  it('is what Apptainer builds from', () => {
    const text = textOf('deploy/apptainer.def')
    const version = (JSON.parse(textOf('package.json')) as { readonly version: string }).version
    expect(text).toContain(`TAG=${version}`)
    expect(text).toContain('exec node /app/dist/cli/main.js "$@"')
    expect(parse(textOf('deploy/helm/spillway/Chart.yaml')).appVersion).toBe(version)
    expect(parse(textOf('deploy/compose.yaml'), { merge: true }).services.scorer.image).toBe(
      `spillway:${version}`,
    )
  })
})

describe.skipIf(!needServers('helm'))('compose.yaml', () => {
  const model = () =>
    JSON.parse(deployTool('compose-spec', ['-format', 'json', 'compose.yaml'], '', 'deploy')) as {
      readonly services: Readonly<
        Record<
          string,
          {
            readonly image: string
            readonly read_only?: boolean
            readonly ports?: readonly { readonly host_ip: string }[]
            readonly volumes?: readonly { readonly type: string; readonly source: string }[]
          }
        >
      >
    }

  it('is what the Compose specification allows, with files that are there', () => {
    const { services } = model()
    expect(Object.keys(services).sort()).toEqual(
      ['grafana', 'kafka', 'nats', 'producer', 'prometheus', 'publish', 'scorer'].sort(),
    )
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter(({ type }) => type === 'bind'),
    )
    expect(mounted.length).toBeGreaterThan(4)
    for (const { source } of mounted)
      expect(globSync(source, { onlyFiles: false, expandDirectories: false }), source).toHaveLength(1)
  })

  it('opens ports to this machine only, and runs Spillway on a read-only root', () => {
    for (const [name, { image, ports = [], read_only }] of Object.entries(model().services)) {
      for (const { host_ip } of ports) expect(host_ip, name).toBe('127.0.0.1')
      if (image.startsWith('spillway')) expect(read_only, name).toBe(true)
    }
  })
})
