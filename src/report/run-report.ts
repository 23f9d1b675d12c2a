import type { TopLevelSpec } from 'vega-lite'
import type { RunConfig } from '../train/config.js'
import type { RunResult } from '../train/run-folder.js'
import { type ScoreTable, SPLITS } from '../train/score-table.js'
import { wholeAxis } from './charts.js'
import type { Report, ReportSection } from './report.js'
import { palette } from './svg.js'

/** A finished run, read back. */
export interface ReportedRun {
  /** What tells it from the others of the report. */
  readonly name: string
  readonly result: RunResult
  readonly config: RunConfig
  /** Scored items of all parts. */
  readonly table: ScoreTable
}

/** The figures of one system, from one run or several that are to be compared. */
export type SystemReport = (runs: readonly ReportedRun[]) => readonly ReportSection[]

/**
 * The report of runs of one system: its own figures, then how they were trained.
 * @param trained what was trained, where `runs` are made of several trainings
 */
export function runReport(
  title: string,
  runs: readonly ReportedRun[],
  figures: SystemReport,
  trained: readonly ReportedRun[] = runs,
): Report {
  const [{ result }] = runs
  const files = result.data.map(({ file }) => file).join(', ')
  return {
    title,
    lead: `${runs.map(({ name }) => name).join(' and ')}: trained on ${files}; all figures are of test events unless they say otherwise.`,
    sections: [...figures(runs), trainingSection(trained)],
  }
}

function trainingSection(runs: readonly ReportedRun[]): ReportSection {
  return {
    title: 'Training',
    lead: 'How the networks were fitted, and the proof that what was exported is what was trained.',
    figures: [
      ...runs.map((run) => ({
        title: `Learning curves: ${run.name}`,
        content: { chart: learningCurves(run.result) },
        caption: `Best validation loss after epoch ${run.result.bestEpoch + 1}: those weights were exported.`,
      })),
      {
        title: 'Runs',
        content: {
          head: ['', ...runs.map(({ name }) => name)],
          rows: runRows(runs),
        },
        caption:
          'Parity is the largest difference between TensorFlow.js and ONNX Runtime over many batch sizes and lengths.',
      },
    ],
  }
}

function runRows(runs: readonly ReportedRun[]): string[][] {
  const row = (name: string, value: (run: ReportedRun) => string): string[] => [name, ...runs.map(value)]
  const names = [...new Set(runs.flatMap(({ result }) => Object.keys(result.metrics.test)))]
  return [
    ...SPLITS.map((part) =>
      row(`${part} items`, ({ result }) => result.counts.parts[part].toLocaleString('en')),
    ),
    row('trained numbers', ({ result }) => result.parameters.toLocaleString('en')),
    row('seed', ({ result }) => String(result.seed)),
    row('epochs', ({ result }) => `${result.history.length}, best ${result.bestEpoch + 1}`),
    row('seconds', ({ result }) => result.seconds.all.toFixed(0)),
    row('parity', ({ result }) =>
      Math.max(...result.parity.map(({ difference }) => difference)).toExponential(1),
    ),
    ...names.map((name) => row(`${name}, test`, ({ result }) => number(result.metrics.test[name]))),
    ...names.map((name) => row(`${name}, train`, ({ result }) => number(result.metrics.train[name]))),
  ]
}

/** A number with so many decimals; no sign for what rounds to zero. */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals)
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** A number with five digits; a dash for none, which is what JSON makes of a rejection without background left. */
export const number = (value: number | null | undefined): string =>
  Number.isFinite(value) ? Number((value as number).toPrecision(5)).toString() : '-'

/** Training and validation loss by epoch. */
function learningCurves({ history }: RunResult): TopLevelSpec {
  const values = history.flatMap(({ epoch, trainLoss, validation }) => [
    { series: 'training', epoch: epoch + 1, loss: trainLoss },
    { series: 'validation', epoch: epoch + 1, loss: validation['loss'] },
  ])
  // The first epochs would flatten the rest on a linear scale.
  const scale = values.every(({ loss }) => loss > 0) ? { type: 'log' as const, nice: false } : { zero: false }
  return {
    width: 460,
    height: 260,
    data: { values },
    mark: { type: 'line', strokeWidth: 2, point: { size: 25 } },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epoch',
        axis: wholeAxis(values.map(({ epoch }) => epoch)),
      },
      y: { field: 'loss', type: 'quantitative', title: 'loss', scale },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: ['training', 'validation'], range: [palette[0], palette[1]] },
      },
    },
  }
}
