export { decodeMessage } from './decode.js'
export { type DecodeLimits, defaultLimits } from './limits.js'
export { SchemaMemory } from './schema-memory.js'
export { EncoderMemory, encodeColumns } from './encode-columns.js'
