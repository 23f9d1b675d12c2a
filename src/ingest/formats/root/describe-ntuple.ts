import { addUserStreamer, R__unzip, type RootFile } from 'jsroot/io'
import { readHeaderFooter } from 'jsroot/rntuple'
import { checkCount, unreadable } from '../shared/damage.js'
import { limits } from '../shared/limits.js'
import type { FieldInfo, NtupleInfo, PageInfo } from './description.js'

/** What jsroot's builder knows of an RNTuple; only what is used here. */
interface Builder {
  readonly description?: string
  readonly fieldDescriptors: readonly {
    readonly fieldName: string
    readonly typeName: string
    readonly parentFieldId: number
    readonly structRole: number
    readonly arraySize: bigint | null
  }[]
  readonly columnDescriptors: readonly {
    readonly coltype: number
    readonly bitsOnStorage: number
    readonly fieldId: number
    readonly representationIndex: number
    readonly firstElementIndex: bigint | null
  }[]
  readonly clusterGroups: readonly {
    readonly entrySpan: bigint
    readonly pageListLength: bigint
    readonly pageListLocator: { readonly offset: bigint; readonly size: number }
  }[]
  clusterSummaries: readonly { readonly firstEntry: bigint; readonly numEntries: number }[]
  pageLocations: readonly (readonly {
    readonly pages: readonly {
      readonly numElements: bigint
      readonly locator: { readonly offset: bigint; readonly size: number }
    }[]
    readonly isSuppressed: boolean
  }[])[]
  deserializePageList(bytes: DataView): void
}

/** Lets jsroot read the anchor of files that do not describe its class, as uproot's do not; its layout is fixed. */
export function readAnchors(): void {
  addUserStreamer('ROOT::RNTuple', (buffer, object) => {
    for (let i = 0; i < 4; i++) buffer.ntou2()
    const [seekHeader, bytesHeader, lengthHeader] = [buffer.ntou8(), buffer.ntou8(), buffer.ntou8()]
    const [seekFooter, bytesFooter, lengthFooter] = [buffer.ntou8(), buffer.ntou8(), buffer.ntou8()]
    buffer.ntou8()
    Object.assign(object, {
      fSeekHeader: seekHeader,
      fNBytesHeader: bytesHeader,
      fLenHeader: lengthHeader,
      fSeekFooter: seekFooter,
      fNBytesFooter: bytesFooter,
      fLenFooter: lengthFooter,
    })
  })
}

/** Fields, columns and pages of an RNTuple, all cluster groups. @throws SpillwayError FILE_UNREADABLE. */
export async function describeNtuple(
  file: RootFile,
  object: unknown,
  name: string,
  place: string,
): Promise<NtupleInfo> {
  const builder = (await readHeaderFooter({ ...(object as object), $file: file })) as Builder | null
  if (builder === null || builder === undefined)
    throw unreadable(`the header or footer of ${name} is damaged`, place)
  checkCount(builder.columnDescriptors.length, limits.columns, 'columns', place)
  const pages = builder.columnDescriptors.map((): PageInfo[] => [])
  const problems = new Map<number, string>()
  let entries = 0
  for (const group of builder.clusterGroups) {
    builder.deserializePageList(await pageList(file, group, place))
    for (const cluster of builder.clusterSummaries) entries += cluster.numEntries
    for (const cluster of builder.pageLocations) {
      for (let c = 0; c < pages.length; c++) {
        const column = cluster[c]
        if (column === undefined || column.isSuppressed) problems.set(c, 'is stored in several ways')
        else pages[c].push(...column.pages.map((page, i) => describePage(page, i === 0)))
      }
    }
  }
  checkCount(entries, Number.MAX_SAFE_INTEGER, 'entries', place)
  const fields = builder.fieldDescriptors.flatMap((field, id) =>
    field.parentFieldId === id ? [describeField(builder, id, pages, problems, 0, place)] : [],
  )
  return { kind: 'ntuple', name, title: builder.description ?? '', entries, fields }
}

async function pageList(
  file: RootFile,
  group: Builder['clusterGroups'][number],
  place: string,
): Promise<DataView> {
  const length = checkCount(Number(group.pageListLength), limits.metadataBytes, 'page list bytes', place)
  const blob = await file.readBuffer([
    Number(group.pageListLocator.offset),
    Number(group.pageListLocator.size),
  ])
  if (!(blob instanceof DataView)) throw unreadable('a page list cannot be read', place)
  const bytes = blob.byteLength === length ? blob : await R__unzip(blob, length, true)
  if (bytes === null) throw unreadable('a page list cannot be unpacked', place)
  return bytes
}

function describePage(
  page: {
    readonly numElements: bigint
    readonly locator: { readonly offset: bigint; readonly size: number }
  },
  opensCluster: boolean,
): PageInfo {
  return {
    values: Number(page.numElements),
    position: Number(page.locator.offset),
    bytes: Number(page.locator.size),
    opensCluster,
  }
}

function describeField(
  builder: Builder,
  id: number,
  pages: readonly (readonly PageInfo[])[],
  problems: ReadonlyMap<number, string>,
  depth: number,
  place: string,
): FieldInfo {
  if (depth > 16) throw unreadable('fields nested without end', place)
  const field = builder.fieldDescriptors[id]
  let problem: string | null = null
  const columns = builder.columnDescriptors.flatMap((column, c) => {
    if (column.fieldId !== id) return []
    problem ??= problems.get(c) ?? null
    if (column.representationIndex > 0) problem ??= 'is stored in several ways'
    if (column.firstElementIndex !== null) problem ??= 'was added after the first events'
    return [{ type: column.coltype, bits: column.bitsOnStorage, pages: pages[c] }]
  })
  const children = builder.fieldDescriptors.flatMap((child, c) =>
    c !== id && child.parentFieldId === id
      ? [describeField(builder, c, pages, problems, depth + 1, place)]
      : [],
  )
  const repeat = Number(field.arraySize ?? 0n)
  return {
    name: field.fieldName,
    typeName: field.typeName,
    role: field.structRole,
    repeat,
    columns,
    children,
    problem,
  }
}
