/** The parts of jsroot that are used here; the package has no types for them. */
declare module 'jsroot/io' {
  export class FileProxy {
    openFile(): Promise<boolean>
    getFileName(): string
    getFileSize(): number
    readBuffer(position: number, length: number): Promise<DataView | null>
    closeFile(): void
  }
  export interface RootKey {
    readonly fName: string
    readonly fClassName: string
    readonly fCycle: number
  }
  export interface RootDirectory {
    readonly fKeys: readonly RootKey[]
  }
  export interface RootFile extends RootDirectory {
    readObject(name: string): Promise<unknown>
    readBuffer(place: readonly number[]): Promise<DataView | readonly DataView[] | null>
  }
  /** Reads big-endian numbers, one after the other. */
  export interface RootBuffer {
    ntou2(): number
    ntou8(): number
  }
  export function addUserStreamer(name: string, streamer: (buffer: RootBuffer, object: object) => void): void
  export function openFile(proxy: FileProxy): Promise<RootFile>
  export function R__unzip(packed: DataView, length: number, quiet?: boolean): Promise<DataView | null>
}
declare module 'jsroot/tree'
declare module 'jsroot/rntuple' {
  export function readHeaderFooter(tuple: unknown): Promise<unknown>
}
