export interface JetFile {
  readonly offsets: Int32Array
  readonly constituents: {
    readonly pt: Float64Array
    readonly eta: Float64Array
    readonly phi: Float64Array
    readonly energy: Float64Array
  }
  readonly jet: Readonly<Record<string, Float64Array>>
}

export function readJets(path: string, limit?: number): JetFile
