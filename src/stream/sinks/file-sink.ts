import { openRowWriter } from '../../ingest/writer/thread.js'
import { writeCutFlows } from '../cutflow/file.js'
import type { Sink } from '../sink.js'
import { CommitLog } from './commit-log.js'
import { FileLane, type FileSinkOptions, type Progress, progressFolders } from './file-lane.js'

export type { FileSinkOptions } from './file-lane.js'

/**
 * Results to Arrow, Parquet or ROOT files, `<lane>-<part>.arrow`, one part a commit. A part has its name once it is
 * committed, so what is to be seen in the folders is each event in one part, also while several processes, on several
 * hosts, take the lanes over from one another.
 */
export function fileSink(options: FileSinkOptions): Sink & { complete(): void } {
  const lanes: FileLane[] = []
  const writer = openRowWriter()
  return {
    describe() {},
    lane(id) {
      const lane = new FileLane(options, id, writer)
      lanes.push(lane)
      return lane
    },
    complete: () => {
      for (const lane of lanes) lane.complete()
      const { folder } = options.scores
      const counts = progressFolders(folder).map(
        (lane) => new CommitLog<Progress>(lane).newest()?.state.cutFlows ?? {},
      )
      writeCutFlows(folder, options.pipeline, counts)
    },
    close: () => writer.close(),
  }
}
