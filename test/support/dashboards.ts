import { filesUnder, textOf } from './sources.js'

interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
}

/** Every query of the shipped dashboards, as Grafana is given it. */
export const queriesOfDashboards = () =>
  filesUnder('deploy/grafana/dashboards', '.json').flatMap((path) => {
    const { title, panels } = JSON.parse(textOf(path)) as {
      readonly title: string
      readonly panels: readonly Panel[]
    }
    return panels.flatMap(({ title: panel, targets }) =>
      targets.map(({ expr }) => ({ dashboard: title, panel, expr })),
    )
  })

/** What a dashboard would ask with its variables set; without what hides counters that stand at 0. */
export const asked = (expr: string, rateInterval: string, pipeline = '.*'): string =>
  expr
    .replaceAll('"$pipeline"', `"${pipeline}"`)
    .replaceAll('"$instance"', '".*"')
    .replaceAll('$__rate_interval', rateInterval)
    .replace(/ > 0$/, '')
