import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { htmlPage, htmlTable, type Section } from '../report/page.js'
import { loadPipeline } from '../stream/config/load.js'
import { higgsSection } from './demo/higgs-section.js'
import { polarizationSection } from './demo/polarization-section.js'
import { taggingSection } from './demo/tagging-section.js'
import { watchedDemo } from './demo/watch.js'
import { wholeNumber } from './options.js'
import { runPipeline } from './run-pipeline.js'
import { printSummary, type Summary } from './summary.js'

/** The demo's files lie beside the program: dist/cli → demo. */
const DEMO = fileURLToPath(new URL('../../demo', import.meta.url))

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'score real simulated events with three models on the embedded default and show what came out',
    )
    .option('--quiet', 'no progress', false)
    .option('--watch', 'score the events again and again until Ctrl-C, with the live page', false)
    .option('--port <n>', 'port of the live page; 0: a free one', wholeNumber(0), 0)
    .addHelpText(
      'after',
      '\nReads demo/data, writes demo/out; the pipelines are demo/pipelines/*.yaml: copy one to begin with.',
    )
    .action(async ({ quiet, watch, port }: { quiet: boolean; watch: boolean; port: number }) => {
      if (watch) return watchDemo(port)
      const summaries: Summary[] = []
      for (const name of ['zjets', 'h4l', 'largeR']) {
        const pipeline = loadPipeline(join(DEMO, 'pipelines', `${name}.yaml`))
        summaries.push(await runPipeline(pipeline, { quiet, fresh: true }))
      }
      printSummary(summaries)
      const report = resolve(DEMO, 'out', 'report.html')
      writeFileSync(report, await demoReport(summaries))
      process.stdout.write(`\nLook at the result: ${report}\n`)
    })
}

async function watchDemo(port: number): Promise<void> {
  const { pipeline, stop } = await watchedDemo(DEMO, port)
  try {
    printSummary([await runPipeline(pipeline, { quiet: true, fresh: true })])
  } finally {
    stop()
  }
}

async function demoReport(summaries: readonly Summary[]): Promise<string> {
  const [zjets, h4l, largeR] = summaries
  const lead =
    'Made by the demo from the score files it has just written. The models were trained by this program on larger ' +
    'samples of the same kind, from which the events shown here were held out.'
  const sections = [
    await polarizationSection(zjets.output),
    await higgsSection(h4l.output),
    await taggingSection(largeR.output),
    menuSection(summaries),
  ]
  return htmlPage('Spillway demo', lead, sections)
}

function menuSection(summaries: readonly Summary[]): Section {
  const rows = summaries.flatMap(({ pipeline, events, chains }) =>
    [...chains].map(([chain, count]) => [
      pipeline,
      chain,
      count.toLocaleString('en'),
      `${((100 * count) / Math.max(1, events)).toFixed(2)} %`,
    ]),
  )
  const models = summaries.flatMap(({ pipeline, models: live }) =>
    live.map(({ step, name, version, provider, runtime }) => [
      pipeline,
      step,
      name,
      String(version),
      provider,
      runtime,
    ]),
  )
  return {
    title: 'Trigger menu and models',
    lead: 'Chains are expressions over columns; prescales draw by the event number, so the decision on an event never changes.',
    figures: [
      {
        title: 'Accepted per chain',
        content: htmlTable(['pipeline', 'chain', 'events', 'fraction'], rows),
        caption: 'An event may pass several chains.',
      },
      {
        title: 'Live models',
        content: htmlTable(['pipeline', 'step', 'model', 'version', 'provider', 'runtime'], models),
        caption: 'The same is in the metadata of every score file.',
      },
    ],
  }
}
