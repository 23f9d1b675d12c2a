import { fileURLToPath } from 'node:url'

/** Enough frames to reach the user's line through the layers of TensorFlow.js. */
const DEPTH = 60

const OWN_FOLDER = fileURLToPath(new URL('.', import.meta.url))
/** Where stack traces see this folder when source maps are on. */
const OWN_SOURCE = OWN_FOLDER.replace('/dist/', '/src/')

/** Where in the traced function something was recorded. Formatting the stack is costly, so it is done on demand. */
export type Site = Error

/** Runs `fn` with stack traces deep enough to see through TensorFlow.js. */
export function withDeepStacks<T>(fn: () => T): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = DEPTH
  try {
    return fn()
  } finally {
    Error.stackTraceLimit = before
  }
}

/** The innermost frame outside of TensorFlow.js and of the tracer, as `file:line:column`; undefined when none. */
export function placeOf(site: Site | undefined): string | undefined {
  const frames = (site?.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const frame = frames.find((line) => !isInternal(line))
  return frame
    ?.trim()
    .replace(/^at (async )?/, '')
    .replace('file://', '')
}

/** Frames of TensorFlow.js, as installed and as its source maps name them. */
const TENSORFLOW = /@tensorflow|\/tfjs-(core|layers|data|converter|backend-\w+)\//

function isInternal(frame: string): boolean {
  return (
    TENSORFLOW.test(frame) ||
    frame.includes(OWN_FOLDER) ||
    frame.includes(OWN_SOURCE) ||
    frame.includes('node:') ||
    frame.includes('<anonymous>)')
  )
}
