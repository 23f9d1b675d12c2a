import type { Arrays } from '../trace/index.js'
import type { Executor, ExecutorConfig, TrainProgram } from './executor.js'
import { createOnnxExecutor } from './onnx.js'
import { createTfjsExecutor } from './tfjs.js'
import { loadTfjsNode } from './tfjsNode.js'

/**
 * Starts the executor that the configuration names.
 *
 * @param initial persistent tensors by name; those left out (optimizer slots, the counter) start at zero.
 * @throws SpillwayError DEPENDENCY_MISSING when an optional package is not installed, PROVIDER_UNAVAILABLE when
 *   the provider cannot be loaded, TRACE_* when the program cannot be traced.
 */
export async function createExecutor(
  config: ExecutorConfig,
  program: TrainProgram,
  initial: Arrays,
): Promise<Executor> {
  switch (config.executor) {
    case 'onnx':
      return createOnnxExecutor(config, program, initial)
    case 'tfjs':
      return createTfjsExecutor('tfjs', 'cpu', program, initial)
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      await loadTfjsNode(config.executor)
      return createTfjsExecutor(config.executor, 'tensorflow', program, initial)
  }
}
