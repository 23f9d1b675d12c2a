import { z } from 'zod'
import { catalogue, type ErrorCode } from '../../errors.js'

const codes = Object.keys(catalogue) as [ErrorCode, ...ErrorCode[]]
const Scalar = z.union([z.number(), z.boolean(), z.string(), z.null()])
const Value = z.union([Scalar, z.array(Scalar)])

const Within = z.strictObject({
  value: z.union([z.number(), z.array(z.number().nullable())]),
  within: z.number().nonnegative().describe('largest absolute difference for this value'),
})

const Expected = z.union([
  z.strictObject({ reject: z.enum(codes).describe('the event is a dead letter with this code') }),
  z.record(z.string(), z.union([Within, Value])),
])

const Case = z
  .strictObject({
    name: z.string().min(1).describe('what is shown when it fails'),
    events: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .optional()
      .describe('events written down, with the columns that matter; the others are left out of the message'),
    file: z.string().min(1).optional().describe('an Arrow file to take events from, relative to this file'),
    rows: z
      .array(z.int().nonnegative())
      .min(1)
      .refine((rows) => rows.every((row, i) => i === 0 || row > rows[i - 1]), 'rows must rise')
      .optional()
      .describe('rows of the file, rising; its first ones when absent'),
    tolerance: z
      .number()
      .nonnegative()
      .default(1e-6)
      .describe('largest |found - expected| / max(1, |expected|) of floating-point columns'),
    expect: z
      .array(Expected)
      .min(1)
      .describe('one entry per event: columns with their values, accept: true or false, or reject: CODE'),
  })
  .refine((one) => (one.events === undefined) !== (one.file === undefined), 'write either events or file')
  .refine((one) => one.rows === undefined || one.file !== undefined, 'rows needs file')
  .refine(
    (one) => (one.events ?? one.rows ?? one.expect).length === one.expect.length,
    'expect needs one entry per event',
  )

/** `<pipeline>.test.yaml`: unit tests that stand beside a pipeline. */
export const PipelineTestSchema = z.strictObject({
  cases: z.array(Case).min(1).describe('each is one message with its own events'),
})

export type PipelineTest = z.infer<typeof PipelineTestSchema>
export type TestCase = PipelineTest['cases'][number]
export type ExpectedEvent = TestCase['expect'][number]
