export { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
export { type ArrayDatasetOptions, arrayDataset, type Dataset, rowsOf } from './dataset.js'
export { type FitOptions, type FitResult, fit } from './fit.js'
export { bestEpoch, type EarlyStopping, type EpochRecord, shouldStop } from './history.js'
export { type ExportResult, exportWithProof, type ParityEntry, type Prediction, reference } from './proof.js'
export { evaluateOn, TOTAL_WEIGHT } from './run.js'
export {
  constantRate,
  cosine,
  type OneCycleOptions,
  oneCycle,
  type Schedule,
  type ScheduleOptions,
  warmUp,
} from './schedule.js'
