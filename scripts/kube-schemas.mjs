#!/usr/bin/env node
// Schemas as kubeconform reads them, unknown fields refused: node scripts/kube-schemas.mjs OUT KUBERNETES CRDS...
// KUBERNETES holds v1.X.0-local folders of JSON schemas; CRDS are folders of custom resource definitions in YAML.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The oldest and the newest release that the chart is checked against. */
const RELEASES = ['1.30.0', '1.37.0']

/** What the chart is made of, beside custom resources. */
const BUILT_IN = [
  'configmap-v1.json',
  'deployment-apps-v1.json',
  'networkpolicy-networking-v1.json',
  'poddisruptionbudget-policy-v1.json',
  'service-v1.json',
  'serviceaccount-v1.json',
]

const [out, kubernetes, ...definitions] = process.argv.slice(2)
const write = (folder, name, schema) => {
  mkdirSync(join(out, folder), { recursive: true })
  writeFileSync(join(out, folder, name), JSON.stringify(schema))
}

/** The same schema with references into itself, and objects of named properties that take no others. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict)
  if (schema === null || typeof schema !== 'object') return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  if (typeof copy.$ref === 'string') copy.$ref = copy.$ref.replace(/^.*_definitions\.json/, '')
  const named = copy.properties !== undefined && typeof schema.properties === 'object'
  const open =
    copy.additionalProperties !== undefined || copy['x-kubernetes-preserve-unknown-fields'] === true
  return named && !open && isObject(copy.type) ? { ...copy, additionalProperties: false } : copy
}
const isObject = (type) => type === undefined || type === 'object' || [type].flat().includes('object')

for (const release of RELEASES) {
  const folder = join(kubernetes, `v${release}-local`)
  const read = (name) => strict(JSON.parse(readFileSync(join(folder, name), 'utf8')))
  const { $defs } = read('_definitions.json')
  for (const name of BUILT_IN) write(`v${release}`, name, { ...read(name), $defs })
}

const KINDS = ['ScaledObject', 'TriggerAuthentication', 'ServiceMonitor', 'PrometheusRule']
for (const folder of definitions)
  for (const name of readdirSync(folder)) {
    const { spec } = parse(readFileSync(join(folder, name), 'utf8'))
    if (!KINDS.includes(spec.names.kind)) continue
    for (const version of spec.versions) {
      const { properties, ...schema } = strict(version.schema.openAPIV3Schema)
      // What every object has is not spelt out in a definition.
      const whole = { ...schema, properties: { ...properties, metadata: { type: 'object' } } }
      write(
        'crds',
        `${spec.names.kind.toLowerCase()}-${spec.group.split('.')[0]}-${version.name}.json`,
        whole,
      )
    }
  }
