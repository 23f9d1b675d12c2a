import { type FileMetaData, parquetMetadata } from 'hyparquet'
import type { ByteSource } from '../shared/bytes.js'
import { asUnreadable, checkCount, overLimit, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'

const magic = 0x31524150

/** Reads the footer. @throws SpillwayError FILE_UNREADABLE or FILE_LIMIT. */
export async function readFooter(source: ByteSource): Promise<FileMetaData> {
  const place = source.name
  if (source.size < 12) throw unreadable(`is ${source.size} bytes long: no Parquet file`, place)
  const tail = await source.read(source.size - 8, 8)
  const view = new DataView(tail.buffer, tail.byteOffset)
  if (view.getUint32(4, true) !== magic)
    throw unreadable('does not end in PAR1: no Parquet file, or cut short', place)
  const length = view.getUint32(0, true)
  if (length > source.size - 12)
    throw unreadable(`the footer would begin before the file (${length} bytes)`, place)
  checkCount(length, limits.metadataBytes, 'footer bytes', place)
  const bytes = await source.read(source.size - 8 - length, length + 8)
  refuseEndlessNumbers(bytes, place)
  try {
    const footer = parquetMetadata(bytes, { geoparquet: false })
    checkFooter(footer, place)
    return footer
  } catch (error) {
    throw asUnreadable(error, `${place}, footer`)
  }
}

/** The library reads variable-length numbers of any length, at quadratic cost. */
function refuseEndlessNumbers(bytes: Uint8Array, place: string): void {
  let run = 0
  for (let i = 0; i < bytes.length; i++) {
    run = bytes[i] >= 0x80 ? run + 1 : 0
    if (run > 4096) throw overLimit('a number of thousands of digits', `${place}, footer`)
  }
}

function checkFooter(footer: FileMetaData, place: string): void {
  checkCount(Number(footer.num_rows), Number.MAX_SAFE_INTEGER, 'rows', place)
  checkCount(footer.schema.length, limits.columns * 4, 'schema elements', place)
  let rows = 0
  for (const group of footer.row_groups) {
    rows += checkCount(Number(group.num_rows), Number.MAX_SAFE_INTEGER, 'rows of a row group', place)
    if (group.columns.some((column) => column.file_path))
      throw unreadable('keeps columns in other files', place)
  }
  if (rows !== Number(footer.num_rows))
    throw unreadable(`${footer.num_rows} rows, ${rows} in its groups`, place)
}
