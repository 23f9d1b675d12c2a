import { z } from 'zod'
import { type Events, float32 } from '../../ingest/columns.js'
import {
  type BoundFeatures,
  type FeatureBuilder,
  type FeatureFactory,
  numberRead,
  type TensorSpec,
} from '../feature-builder.js'
import { parseOptions } from '../options.js'

const Tensor = z.strictObject({
  name: z.string(),
  /** Column paths, one feature each; none for a mask. */
  columns: z.array(z.string()).default([]),
  /** `features`: [n, F] or [n, t, F]; `channels`: [n, F, t]; `mask`: [n, t] of 1 and 0. */
  layout: z.enum(['features', 'channels', 'mask']).default('features'),
  ragged: z.boolean().default(false),
})
const Plain = z.strictObject({
  /** What one item is: '' an event, or a list axis. */
  item: z.string().default(''),
  /** The list along which ragged tensors run; an axis directly below `item`. */
  list: z.string().optional(),
  max_length: z.int().positive().max(4096).default(128),
  tensors: z.array(Tensor).min(1),
})
const isRagged = ({ tensors }: z.infer<typeof Plain>): boolean =>
  tensors.some((tensor) => tensor.ragged || tensor.layout === 'mask')
const Options = Plain.refine((options) => options.list !== undefined || !isRagged(options), {
  path: ['list'],
  message: 'ragged tensors and masks need the list they run along',
})
type Options = z.infer<typeof Options>

/**
 * Tensors straight from columns, for models that others bring: no code, only names. Values are written as they stand,
 * converted to float32; padding is zero. Models that need more bring their normalisation inside the graph.
 */
export const columnTensors: FeatureFactory = (raw) => {
  const options = parseOptions(Options, raw, 'columns')
  const ragged = isRagged(options)
  const builder: FeatureBuilder = {
    id: 'columns',
    version: 1,
    axis: options.item,
    reads: options.tensors.flatMap((tensor) =>
      tensor.columns.map((path) => numberRead(path, tensor.ragged ? options.list! : options.item)),
    ),
    tensors: options.tensors.map(tensorSpec),
    maxLength: ragged ? options.max_length : null,
    bind: (events) => bind(events, options, ragged),
  }
  return builder
}

function tensorSpec({ name, columns, layout, ragged }: z.infer<typeof Tensor>): TensorSpec {
  if (layout === 'mask') return { name, shape: ['n', 't'] }
  if (layout === 'channels') return { name, shape: ['n', columns.length, 't'] }
  return { name, shape: ragged ? ['n', 't', columns.length] : ['n', columns.length] }
}

type Fill = (item: number, slot: number, length: number, out: Float32Array) => void

function bind(events: Events, options: Options, ragged: boolean): BoundFeatures {
  const items = options.item === '' ? events.rows : (events.offsets(options.item).at(-1) ?? 0)
  const offsets = ragged ? events.offsets(options.list ?? '') : new Int32Array(items + 1)
  const lengths = new Int32Array(items)
  for (let i = 0; i < items; i++) lengths[i] = Math.min(offsets[i + 1] - offsets[i], options.max_length)
  const fills = options.tensors.map((tensor) => fillOf(events, tensor, offsets, lengths))
  return {
    items,
    lengths: ragged ? lengths : null,
    fill(selected, from, to, slot, length, tensors) {
      for (let k = 0; k < fills.length; k++) {
        for (let i = from, s = slot; i < to; i++, s++) fills[k](selected[i], s, length, tensors[k])
      }
    },
  }
}

function fillOf(
  events: Events,
  tensor: z.infer<typeof Tensor>,
  offsets: Int32Array,
  lengths: Int32Array,
): Fill {
  const columns = tensor.columns.map((path) => float32(events, path))
  const width = columns.length
  if (tensor.layout === 'mask') {
    return (item, slot, length, out) => {
      const count = Math.min(lengths[item], length)
      out.fill(1, slot * length, slot * length + count)
      out.fill(0, slot * length + count, (slot + 1) * length)
    }
  }
  if (!tensor.ragged) {
    return (item, slot, _length, out) => {
      for (let c = 0; c < width; c++) out[slot * width + c] = columns[c][item]
    }
  }
  const [perEntry, perFeature] = tensor.layout === 'channels' ? [1, 0] : [width, 1]
  return (item, slot, length, out) => {
    const base = slot * length * width
    const count = Math.min(lengths[item], length)
    out.fill(0, base, base + length * width)
    for (let c = 0; c < width; c++) {
      const start = base + c * (perFeature === 1 ? 1 : length)
      for (let k = 0; k < count; k++) out[start + k * perEntry] = columns[c][offsets[item] + k]
    }
  }
}
