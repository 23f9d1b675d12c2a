export interface DashboardFile {
  readonly name: string
  readonly text: string
}
/** Name and text of every dashboard's file in deploy/grafana/dashboards. */
export function dashboardFiles(): DashboardFile[]
