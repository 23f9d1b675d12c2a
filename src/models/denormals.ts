import * as ort from 'onnxruntime-node'

/** y = Identity(x) of one float: the smallest thing that ONNX Runtime makes a session of. */
const IDENTITY = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0='

/**
 * Has the calling thread, and every thread that it starts from now on, take denormal numbers as zero.
 *
 * Processors need some hundred cycles for an operation whose result is denormal, and a softmax over masked entries gives
 * nothing else there. ONNX Runtime's `set_denormal_as_zero` holds for the thread that makes the *first* session of a
 * process, and for no other: with sessions made in worker threads all but one would be slow. Threads inherit the setting
 * of the one that starts them, so it is made here, before there are workers.
 */
export async function denormalsAsZero(): Promise<void> {
  const session = await ort.InferenceSession.create(Buffer.from(IDENTITY, 'base64'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { set_denormal_as_zero: '1' } },
  })
  await session.release()
}
