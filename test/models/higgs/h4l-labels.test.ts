import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeMessage, defaultLimits } from '#spillway/ingest/arrow/index.js'
import { float32 } from '#spillway/ingest/columns.js'
import { candidatesOf } from '#spillway/models/higgs/h4l-classifier/features.js'
import { CLASSES, LABELS, ofClasses, recipe } from '#spillway/models/higgs/h4l-classifier/recipe.js'
import { CATEGORIES, categories } from '#spillway/physics/selection/h4l-categories.js'
import { scoreTable } from '#spillway/train/score-table.js'
import { repository } from '../../support/cli.js'

const events = decodeMessage(readFileSync(repository('test/data/h4l_small.arrow')), defaultLimits)
const truth = float32(events, 'truth.label')
const { quadruplets: q, selected } = candidatesOf(events, { leptons: 'leptons', jets: 'jets' })
const found = categories({ jets: selected.count, channel: q.channel, pt4l: q.pt4l, mjj: selected.mjj })

describe('the sample of a category', () => {
  it.each(CATEGORIES)(
    '%s: its processes are told apart, others only looked at, other categories left out',
    (category) => {
      const { keep, classes } = recipe.task(recipe.options.parse({ category })).label(events, '')
      truth.forEach((code, row) => {
        const index = CLASSES[category].indexOf(LABELS[code])
        if (CATEGORIES[found[row]] !== category) expect(keep[row]).toBe(0)
        else expect(keep[row]).toBe(index < 0 ? 2 : 1)
        if (keep[row] === 1) expect(classes[row]).toBe(index)
      })
    },
  )

  it('has every event with a quadruplet once', () => {
    const all = CATEGORIES.map(
      (category) => recipe.task(recipe.options.parse({ category })).label(events, '').keep,
    )
    truth.forEach((_, row) => {
      expect(all.filter((keep) => keep[row] > 0).length).toBe(q.mask[row])
    })
  })
})

describe('figures of merit', () => {
  it('leave out what was only looked at, and weigh classes alike in the loss', () => {
    const column = (...values: number[]) => Float64Array.from(values)
    const table = scoreTable(
      new Map([
        ['weight', column(1, 3, 2, 9)],
        ['class', column(0, 0, 1, 0)],
        ['process', column(0, 0, 4, 2)],
        ['target.is_ggf', column(1, 1, 0, 0)],
        ['score.p_ggf', column(0.8, 0.5, 0.4, 0.99)],
        ['score.p_zz', column(0.2, 0.5, 0.6, 0.01)],
      ]),
    )
    expect(ofClasses(table, ['ggf', 'zz']).rows).toBe(3)
    const metrics = recipe.task(recipe.options.parse({})).metrics(table)
    const ggf = -(Math.log(0.8) + 3 * Math.log(0.5)) / 4
    expect(metrics['cross_entropy']).toBeCloseTo((ggf - Math.log(0.6)) / 2, 10)
    expect(metrics['auc_ggf']).toBe(1)
  })
})
