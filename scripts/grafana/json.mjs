// Dashboards as Grafana reads them.
import { dashboards } from './dashboards.mjs'

const SOURCE = { type: 'prometheus', uid: '${source}' }
const WIDTH = 12
const HEIGHT = 8

const variable = (name, values) => ({
  name,
  type: 'query',
  datasource: SOURCE,
  query: { query: `label_values(${values}, ${name})`, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
})

function panelJson({ title, text, unit, stat, queries }, index) {
  return {
    id: index + 1,
    title,
    description: text,
    type: stat ? 'stat' : 'timeseries',
    datasource: SOURCE,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 5, showPoints: 'never' } },
      overrides: [],
    },
    options: stat
      ? { reduceOptions: { calcs: ['lastNotNull'] } }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
    })),
  }
}

/** A dashboard as Grafana reads it. */
export function dashboardJson({ uid, title, panels }) {
  return {
    uid,
    title,
    tags: ['spillway'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    links: [
      {
        type: 'dashboards',
        tags: ['spillway'],
        title: 'Spillway',
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    templating: {
      list: [
        { name: 'source', type: 'datasource', query: 'prometheus', label: 'Prometheus' },
        variable('pipeline', 'spillway_commits_total'),
        variable('instance', 'spillway_commits_total{pipeline=~"$pipeline"}'),
      ],
    },
    panels: panels.map(panelJson),
  }
}

/** Name and text of every dashboard's file. */
export const dashboardFiles = () =>
  dashboards.map((dashboard) => ({
    name: `${dashboard.uid}.json`,
    text: `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`,
  }))
