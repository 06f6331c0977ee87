/** Gives a relay the workspace's log back: one that lost its database, one that has an older copy, one that owners move to. */
import { concatBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import { ReplicaError } from './errors.ts'
import type { KeyExchange } from './key-exchange.ts'
import type { ReplicaPorts } from './ports.ts'
import { recordBatches } from './record-batches.ts'
import type { WorkspaceLog } from './workspace-log.ts'

const noEntry = new Uint8Array(32)

/** Shows the last entry that is held here with the relay's own signature: docs/PROTOCOL.md, session kind 5. Null for an empty log. */
export function seedProofOf(log: WorkspaceLog): Bytes | null {
  const head = log.fold.head()
  const record = head && log.read(head.pos, 1)[0]
  if (!head || !record) return null
  const { entry, countersignature } = decodeRecord(record)
  const { pos, prev } = decodeEntry(entry)
  const place = makeByteWriter().u32(pos).raw(idToBytes(head.id)).done()
  return concatBytes(idToBytes(log.scope), place, prev ? idToBytes(prev) : noEntry, countersignature)
}

/** Sends the log, whole or up to a position; `ask` resolves with the answer to each frame. @throws ReplicaError `refused` | `not-online` */
export async function seedLog(
  log: WorkspaceLog,
  ask: (make: (ref: number) => FrameOf<'SEEDLOG'>) => Promise<unknown>,
  lastPos = log.nextPos() - 1,
): Promise<void> {
  const { scope } = log
  if (log.missingFrom() !== null)
    throw new ReplicaError('refused', 'this copy of the log begins in the middle', { reason: 'log-not-whole' })
  const batches = recordBatches(log.read(0, lastPos + 1))
  let firstPos = 0
  for (const [index, records] of batches.entries()) {
    const from = firstPos
    const isLast = index === batches.length - 1 ? 1 : 0
    await ask((ref) => ({ type: 'SEEDLOG', ref, scope, firstPos: from, isLast, records }))
    firstPos += records.length
  }
}

/** A relay that lost the log has lost the keys, too: they are sealed again to everybody, the own user's other devices included. */
export async function oweKeysAgain({ store }: ReplicaPorts, log: WorkspaceLog, exchange: KeyExchange): Promise<void> {
  const { fold } = log
  const epochs = fold.epochs()
  // Under `full` the newest opens those before it, but for a few.
  const roots = await exchange.toHandOn()
  const lost = fold.historyPolicy() === 'full' ? epochs.filter(({ id }) => roots.includes(id)) : epochs
  const debts = lost.flatMap((epoch, index) => {
    const until = lost[index + 1]?.pos ?? Number.POSITIVE_INFINITY
    const readers = fold.members().filter(({ joinedPos }) => joinedPos < until)
    return exchange.owe(
      epoch.id,
      readers.map(({ user }) => user),
      epoch.pos,
    )
  })
  await store.putRecords(debts)
}
