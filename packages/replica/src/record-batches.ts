/** Records of a log as they go into frames. */
import type { RecordBytes } from '@poruch/identity/fold'

/** Records of one frame, which may hold 1 MiB. */
const maxRecordsBytes = 512 * 1024

/** As many in each as fit; one always does. */
export function recordBatches(records: readonly RecordBytes[]): readonly (readonly RecordBytes[])[] {
  const batches: RecordBytes[][] = []
  let sizeBytes = Number.POSITIVE_INFINITY
  for (const record of records) {
    if (sizeBytes + record.length > maxRecordsBytes) {
      batches.push([])
      sizeBytes = 0
    }
    batches.at(-1)?.push(record)
    sizeBytes += record.length
  }
  return batches
}
