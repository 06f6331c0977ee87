/** A user's log, read back out of the entries of a scope that carry it. */
import type { Bytes, UserId } from '@poruch/base'
import type { RecordBytes, ScopeFold } from '../fold-api.ts'
import { decodeEntry, decodeRecord } from './entry.ts'

/**
 * All entries of the user's log that this scope has pinned, from the root on; empty for strangers. `records` are all of those that the
 * fold took. O(records), without signatures.
 */
export function userLogIn(fold: Pick<ScopeFold, 'ownerOf'>, records: readonly RecordBytes[], user: UserId): readonly Bytes[] {
  return records.flatMap((bytes): readonly Bytes[] => {
    const { op, device } = decodeEntry(decodeRecord(bytes).entry)
    if (op.kind === 'genesis') return fold.ownerOf(device) === user ? op.founderUserLog : []
    return (op.kind === 'admit' || op.kind === 'pin-user') && op.user === user ? op.entries : []
  })
}
