/** A part of a report: a picture with what it shows, or any other HTML. */
export interface Figure {
  readonly title: string
  /** SVG or HTML, trusted: made by this program. */
  readonly content: string
  /** Plain text under it. */
  readonly caption: string
}

export interface Section {
  readonly title: string
  readonly lead: string
  readonly figures: readonly Figure[]
}

/** Makes text safe inside HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A plain table; cells are text. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')
  return `<table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table>`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fdfdfc; --line: #d7dbe0; --soft: #5b6675; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181e; --line: #333c48; --soft: #9aa6b5; } }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .2rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { max-width: 46rem; } .soft, figcaption { color: var(--soft); font-size: .88rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem; }
figure { margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; min-width: 0; }
figure:has(th:nth-child(6)) { grid-column: 1 / -1; }
figure svg { width: 100%; height: auto; display: block; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; width: 100%; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
`

/** A picture is one thing, with a name; what may scroll is reached by keyboard. */
function framed(name: string, content: string): string {
  const role = content.startsWith('<svg') ? 'role="img"' : 'class="scroll" role="region" tabindex="0"'
  return `<div ${role} aria-label="${escapeHtml(name)}">${content}</div>`
}

/** A page that stands by itself: no scripts, nothing fetched. */
export function htmlPage(title: string, lead: string, sections: readonly Section[]): string {
  const figure = ({ title: name, content, caption }: Figure): string =>
    `<figure><h3>${escapeHtml(name)}</h3>${framed(name, content)}<figcaption>${escapeHtml(caption)}</figcaption></figure>`
  const section = ({ title: name, lead: text, figures }: Section): string =>
    `<section><h2>${escapeHtml(name)}</h2><p>${escapeHtml(text)}</p><div class="figures">${figures.map(figure).join('\n')}</div></section>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(lead)}</p>
${sections.map(section).join('\n')}
</main>
</body>
</html>
`
}
