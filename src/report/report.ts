import type { TopLevelSpec } from 'vega-lite'
import { htmlPage, htmlTable, type Section } from './page.js'
import { toSvg } from './svg.js'

/** What a figure shows: a chart with its data, or a table of text. */
export type Content =
  | { readonly chart: TopLevelSpec }
  | { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

export interface ReportFigure {
  readonly title: string
  readonly content: Content
  readonly caption: string
}

export interface ReportSection {
  readonly title: string
  readonly lead: string
  readonly figures: readonly ReportFigure[]
}

/** A report before it is drawn: the page and its JSON twin are made of the same thing. */
export interface Report {
  readonly title: string
  readonly lead: string
  readonly sections: readonly ReportSection[]
}

/** The report as a page that stands by itself. */
export async function reportHtml({ title, lead, sections }: Report): Promise<string> {
  const drawn: Section[] = []
  for (const section of sections) {
    const figures = await Promise.all(
      section.figures.map(async (figure) => ({ ...figure, content: await drawnContent(figure.content) })),
    )
    drawn.push({ ...section, figures })
  }
  return htmlPage(title, lead, drawn)
}

const drawnContent = (content: Content): Promise<string> | string =>
  'chart' in content ? toSvg(content.chart) : htmlTable(content.head, content.rows)

/**
 * The report as JSON: each chart as its Vega-Lite specification, data included, each table as rows; numbers of whoever
 * made it under `facts`.
 */
export const reportJson = (report: Report, facts: object): string =>
  `${JSON.stringify({ ...report, facts }, null, 1)}\n`
