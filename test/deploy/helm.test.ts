import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadPipeline } from '#spillway/stream/config/load.js'
import { deployTool, schemas } from '../support/deploy-tools.js'
import { temporary } from '../support/pipelines.js'
import { spillway } from '../support/processes.js'
import { needServers } from '../support/servers.js'
import { root, textOf } from '../support/sources.js'

const CHART = 'deploy/helm/spillway'
/** Asked of no cluster; a helm that is built from source takes an old one. */
const CLUSTER = ['--kube-version', '1.30.0']
const SITES = {
  default: [],
  cpu: ['-f', 'deploy/helm/sites/cpu.yaml'],
  gpu: ['-f', 'deploy/helm/sites/gpu.yaml'],
} as const
type Site = keyof typeof SITES
const sites = Object.keys(SITES) as Site[]

/** As much of a Kubernetes object as these tests read. */
type Json = { readonly [key: string]: Json } & readonly Json[] & string

const render = (...more: readonly string[]): string =>
  deployTool('helm', ['template', 'zjets', CHART, '-n', 'physics', ...CLUSTER, ...more])
const objects = (...more: readonly string[]): Json[] =>
  parseAllDocuments(render(...more))
    .map((document) => document.toJS() as Json | null)
    .filter((object) => object !== null)
const one = (all: readonly Json[], kind: string): Json => {
  const found = all.filter((object) => object['kind'] === kind)
  expect(found.length, kind).toBe(1)
  return found[0]
}

describe.skipIf(!needServers('helm'))('the Helm chart', { timeout: 60_000 }, () => {
  it.each(sites)('lints for the %s site', (site) => {
    const said = deployTool('helm', ['lint', '--strict', CHART, ...CLUSTER, ...SITES[site]])
    expect(said).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  it.each(sites.flatMap((site) => ['1.30.0', '1.37.0'].map((release) => ({ site, release }))))(
    'renders what Kubernetes $release, KEDA and the Prometheus operator take, for the $site site',
    ({ site, release }) => {
      const said = deployTool(
        'kubeconform',
        [
          '-output=json',
          '-summary',
          `-kubernetes-version=${release}`,
          `-schema-location=${schemas}/{{.NormalizedKubernetesVersion}}/{{.ResourceKind}}{{.KindSuffix}}.json`,
          `-schema-location=${schemas}/crds/{{.ResourceKind}}{{.KindSuffix}}.json`,
        ],
        render(...SITES[site]),
      )
      const { summary } = JSON.parse(said) as { readonly summary: Readonly<Record<string, number>> }
      expect(summary).toMatchObject({ invalid: 0, errors: 0, skipped: 0 })
      expect(summary['valid']).toBeGreaterThanOrEqual(6)
    },
  )

  it('is refused where a field is unknown: the schemas are strict', () => {
    const wrong = render().replace('allowPrivilegeEscalation:', 'allowPrivilegeEscalatoin:')
    const check = () =>
      deployTool(
        'kubeconform',
        [
          '-kubernetes-version=1.37.0',
          `-schema-location=${schemas}/v1.37.0/{{.ResourceKind}}{{.KindSuffix}}.json`,
        ],
        wrong,
      )
    expect(check).toThrow(/allowPrivilegeEscalatoin/)
  })

  it.each(sites)('gives the %s site a pipeline that Spillway reads, reachable from its pod only', (site) => {
    const map = one(
      objects(...SITES[site]).filter(({ metadata }) => metadata['name'] === 'zjets-spillway'),
      'ConfigMap',
    )
    const file = join(temporary(), 'pipeline.yaml')
    writeFileSync(file, map['data']['pipeline.yaml'])
    process.env['KAFKA_USER'] = process.env['KAFKA_PASSWORD'] = 'x'
    const { config } = loadPipeline(file, [])
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: 9464, live: false })
    expect(config.workers.count).toBe({ default: 2, cpu: 4, gpu: 1 }[site])
  })

  it('has a default pipeline that passes `spillway check`', async () => {
    const file = join(temporary(), 'pipeline.yaml')
    writeFileSync(file, one(objects(), 'ConfigMap')['data']['pipeline.yaml'].replaceAll('/app/', root))
    const { code, text } = await spillway('check', file).ended
    expect(code, text).toBe(0)
  })

  it('runs as nobody in particular, on a read-only root, and has time to drain', () => {
    const { spec } = one(objects(), 'Deployment')['spec']['template']
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10001 },
    })
    expect(spec['terminationGracePeriodSeconds']).toBeGreaterThan(25)
    expect(spec['containers'][0]).toMatchObject({
      image: 'registry.example.org/spillway:0.1.0',
      args: ['run', '/etc/spillway/pipeline.yaml', '--quiet'],
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    })
  })

  it('rolls scorers when the pipeline changes', () => {
    const sum = (...more: readonly string[]) =>
      one(objects(...more), 'Deployment')['spec']['template']['metadata']['annotations']['checksum/config']
    expect(sum('--set', 'pipeline.name=other')).not.toBe(sum())
  })

  it('asks for GPUs at the GPU site, and only there', () => {
    const pod = (site: Site) => one(objects(...SITES[site]), 'Deployment')['spec']['template']['spec']
    const gpu = pod('gpu')
    expect(gpu['containers'][0]['resources']['limits']).toEqual({ memory: '16Gi', 'nvidia.com/gpu': 1 })
    expect(gpu['containers'][0]['image']).toBe('registry.example.org/spillway:0.1.0-cuda')
    expect(gpu['tolerations']).toMatchObject([{ key: 'nvidia.com/gpu', operator: 'Exists' }])
    expect(gpu['nodeSelector']).toEqual({ 'nvidia.com/gpu.present': 'true' })
    expect(JSON.stringify(pod('cpu'))).not.toContain('nvidia')
  })

  it('scales on the lag of the group that the pipeline is, and on queue time', () => {
    const { spec } = one(objects(...SITES.cpu), 'ScaledObject')
    expect(spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 32 })
    const [lag, queue] = spec['triggers']
    expect(lag).toMatchObject({
      type: 'kafka',
      metadata: { consumerGroup: 'zjets', topic: 'events', lagThreshold: '500', tls: 'enable' },
      authenticationRef: { name: 'zjets-spillway' },
    })
    expect(queue).toMatchObject({ type: 'prometheus', metricType: 'Value', metadata: { threshold: '0.1' } })
    for (const name of queue['metadata']['query'].match(/spillway_\w+_seconds/g)!)
      expect(textOf('docs/metrics.md')).toContain(`\`${name}\``)
    // KEDA sets the number of processes; a number in the Deployment would undo it at every upgrade.
    expect(one(objects(...SITES.cpu), 'Deployment')['spec']['replicas']).toBeUndefined()
    expect(one(objects(), 'Deployment')['spec']['replicas']).toBe(2)
  })

  it('calls the job what the alerts call it, and carries the shipped rules and dashboards', () => {
    const all = objects(...SITES.cpu)
    expect(one(all, 'ServiceMonitor')['spec']['endpoints'][0]['relabelings']).toContainEqual({
      targetLabel: 'job',
      replacement: 'spillway',
    })
    const groups = ['rules', 'alerts'].flatMap(
      (name) => parse(textOf(`deploy/prometheus/${name}.yaml`)).groups,
    )
    expect(one(all, 'PrometheusRule')['spec']['groups']).toEqual(groups)
    const dashboards = all.find(({ metadata }) => metadata['name'] === 'zjets-spillway-dashboards')!['data']
    expect(dashboards['spillway-drift.json']).toBe(textOf('deploy/grafana/dashboards/spillway-drift.json'))
  })

  it('lets in nobody but those named, and out to DNS and the servers named', () => {
    const { spec } = one(objects(), 'NetworkPolicy')
    expect(spec['ingress'][0]['from']).toHaveLength(1)
    expect(spec['egress'].flatMap(({ ports }) => ports.map(({ port }) => Number(port)))).toEqual([
      53, 53, 9092, 4222,
    ])
    expect(one(objects('--set', 'networkPolicy.from=null'), 'NetworkPolicy')['spec']['ingress']).toEqual([])
  })

  it.each([
    ['pipelin.name=x', /pipelin/],
    ['workers=0', /workers/],
    ['terminationGraceSeconds=5', /terminationGraceSeconds/],
    ['image.digest=abc', /digest/],
    ['autoscaling.enabled=true,autoscaling.minReplicas=9', /above maxReplicas/],
    [
      'autoscaling.enabled=true,autoscaling.minReplicas=0,autoscaling.lag.enabled=false',
      /minReplicas 0 needs lag/,
    ],
  ])('refuses the value %s', (value, why) => {
    expect(() => render('--set', value)).toThrow(why)
  })

  it('says of every value what it is, in the values or their schema', () => {
    const { properties } = JSON.parse(readFileSync(join(root, CHART, 'values.schema.json'), 'utf8'))
    const values = parse(textOf(`${CHART}/values.yaml`))
    expect(Object.keys(properties).sort()).toEqual([...Object.keys(values), 'global'].sort())
  })
})
