import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Okabe and Ito's palette, told apart by colour-blind readers (jfly.uni-koeln.de/color). */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const

/** Characters that a legend has beside each other before it is wider than its figure. */
const LEGEND_WIDTH = 56

/** Columns of a legend of these names: all in a row where they fit, for a wider picture would be drawn smaller. */
export function legendColumns(names: readonly string[]): number {
  const longest = Math.max(...names.map(({ length }) => length)) + 4
  if (longest * names.length <= LEGEND_WIDTH) return names.length
  return Math.max(1, Math.floor(LEGEND_WIDTH / longest))
}

const FONT = 'system-ui, sans-serif'

/** Text takes the page's colour, so that one picture serves light and dark. */
const config = {
  background: 'transparent',
  font: FONT,
  axis: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    domainColor: 'currentColor',
    tickColor: 'currentColor',
    gridColor: '#8888',
    gridOpacity: 0.35,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: 'normal' as const,
  },
  legend: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    labelFontSize: 12,
    labelLimit: 0,
    title: null,
    orient: 'top' as const,
  },
  title: { color: 'currentColor', fontSize: 14, anchor: 'start' as const, fontWeight: 'normal' as const },
  view: { stroke: null },
}

/** Draws a Vega-Lite specification as SVG text, without a browser. */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ ...spec, config } as TopLevelSpec)
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logLevel: vega.Error })
  const svg = await view.toSVG()
  view.finalize()
  // A fixed size would overflow a phone: the viewBox is enough for the page to scale it.
  return withoutRoles(svg.replace(/ width="[\d.]+" height="[\d.]+"/, ''))
}

/** A picture is one thing, with a name that the page gives it: its marks are no things of their own, and have no names. */
const withoutRoles = (svg: string): string =>
  svg.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, ''))
