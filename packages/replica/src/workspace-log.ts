/** The workspace's scope log on this device: folded, durable, growing at its end. */
import { codeOf, emptyBytes, equalBytes, makeEmitter, makeSerial } from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { makeScopeFold } from '@poruch/identity/fold'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import type { LogStore } from '@poruch/sync'
import { collections, positionKey } from './records.ts'

/** What became of records that someone sent. `fault` means that they cannot belong to this log. */
export type Received = { readonly added: number } | { readonly gapAt: number } | { readonly fault: string }

export interface WorkspaceLog {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  nextPos(): number
  /** Records from a position on, at most `limit`. */
  read(fromPos: number, limit: number): readonly RecordBytes[]
  /** Takes records whose first is at `firstPos`: those known are compared, those next are judged, kept and folded. */
  receive(firstPos: number, records: readonly RecordBytes[]): Promise<Received>
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
  /** Called after the log has grown. */
  onGrown(listener: () => void): () => void
}

/**
 * Opens what the device holds of the log. A record on the device that no longer folds ends the reading there; the rest comes
 * again from relay or peers.
 */
export async function openWorkspaceLog(options: { suite: VerifySuite; store: LogStore; scope: ScopeId }): Promise<WorkspaceLog> {
  const { suite, store, scope } = options
  const fold = makeScopeFold({ suite, scope })
  const records: Bytes[] = []
  for (const { value } of await store.listRecords(collections.log)) {
    const judged = await fold.apply([value])
    if (!judged.ok) break
    records.push(value)
  }
  const grown = makeEmitter<void>()
  const serial = makeSerial()

  const append = async (fresh: readonly RecordBytes[]): Promise<Received> => {
    const judged = await fold.apply(fresh)
    if (!judged.ok) return { fault: judged.reason }
    try {
      await store.putRecords(
        fresh.map((value, index) => ({ collection: collections.log, key: positionKey(records.length + index), value })),
      )
    } catch (thrown) {
      judged.value()
      return { fault: codeOf(thrown) }
    }
    records.push(...fresh)
    grown.emit()
    return { added: fresh.length }
  }

  /** What another tab has written. */
  const refresh = async (): Promise<void> => {
    let added = 0
    for (;;) {
      const record = await store.getRecord(collections.log, positionKey(records.length))
      if (!record || !(await fold.apply([record])).ok) break
      records.push(record)
      added++
    }
    if (added > 0) grown.emit()
  }

  const receive = async (firstPos: number, sent: readonly RecordBytes[]): Promise<Received> => {
    if (firstPos > records.length) return { gapAt: records.length }
    const known = records.slice(firstPos, firstPos + sent.length)
    if (!sameEntries(known, sent)) return { fault: 'forked-log' }
    const fresh = sent.slice(known.length)
    return fresh.length === 0 ? { added: 0 } : append(fresh)
  }

  return {
    scope,
    fold,
    nextPos: () => records.length,
    read: (fromPos, limit) => records.slice(fromPos, fromPos + limit),
    receive: async (firstPos, sent) => serial.run(async () => receive(firstPos, sent)),
    refresh: async () => serial.run(refresh),
    onGrown: grown.subscribe,
  }
}

function sameEntries(known: readonly RecordBytes[], sent: readonly RecordBytes[]): boolean {
  // Records carry deterministic signatures and one cut list by its root, so two true records of one entry are the same bytes.
  return known.every((record, index) => equalBytes(record, sent[index] ?? emptyBytes))
}
