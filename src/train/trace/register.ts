import { SpillwayError } from '../../errors.js'
import { BACKEND_NAME, TraceBackend } from './backend.js'
import { hashKernels } from './kernels/hash.js'
import { traceKernels } from './kernels/index.js'
import { positionKernels } from './kernels/positions.js'
import { operatorKernels } from './operator.js'
import { Recorder } from './recorder.js'
import { placeOf } from './site.js'
import { findBackend, getKernel, type NamedAttrMap, registerBackend, registerKernel } from './tf.js'

/** The trace backend of this process, registered with TensorFlow.js on first use. */
export function traceBackend(): TraceBackend {
  const existing = findBackend(BACKEND_NAME)
  if (existing instanceof TraceBackend) return existing
  // Priority 0: TensorFlow.js must never choose this backend by itself.
  registerBackend(BACKEND_NAME, () => new TraceBackend(), 0)
  for (const { name, record } of [...traceKernels, ...hashKernels, ...positionKernels, ...operatorKernels]) {
    if (getKernel(name, BACKEND_NAME)) continue
    registerKernel({
      kernelName: name,
      backendName: BACKEND_NAME,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const recorder = new Recorder(backend as TraceBackend)
        try {
          return record(recorder, inputs as Record<string, never>, attrs ?? ({} as NamedAttrMap))
        } catch (cause) {
          throw unsupported(name, cause)
        }
      },
    })
  }
  return findBackend(BACKEND_NAME) as TraceBackend
}

function unsupported(name: string, cause: unknown): SpillwayError {
  if (cause instanceof SpillwayError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const place = placeOf(cause instanceof Error ? cause : new Error(reason))
  return new SpillwayError('TRACE_UNSUPPORTED', `The kernel ${name} cannot be traced here: ${reason}.`, {
    place,
    cause,
  })
}
