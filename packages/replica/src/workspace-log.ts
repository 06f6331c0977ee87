/** The workspace's scope log on this device: folded, durable, growing at its end. */
import {
  codeOf,
  emptyBytes,
  equalBytes,
  idFromBytes,
  idToBytes,
  makeByteReader,
  makeByteWriter,
  makeEmitter,
  makeSerial,
} from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { makeScopeFold } from '@poruch/identity/fold'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import { maxFrameSizeBytes } from '@poruch/sync'
import type { LogStore } from '@poruch/sync'
import { openLeftEntries } from './left-entries.ts'
import type { LeftEntries } from './left-entries.ts'
import { collections, positionKey } from './records.ts'

/**
 * What became of records that someone sent. `fault` means that they cannot belong to this log; `sequencer-fraud`, that the sequencer has
 * ordered both them and those here.
 */
export type Received = { readonly added: number } | { readonly gapAt: number } | { readonly fault: string }

/** Four bytes of position and an id. */
const judgedSizeBytes = 36
const judgedKey = 'head'

export interface WorkspaceLog {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  readonly left: LeftEntries
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
  const left = await openLeftEntries(store)
  const [stored, mark] = await Promise.all([store.listRecords(collections.log), judgedHead(store)])
  const records = await foldStored(
    fold,
    stored.map(({ value }) => value),
    mark,
  )
  // Once: the next start is spared what this one had to check. A disk that has no room for it changes nothing else.
  if (fold.head()?.id !== mark?.id) await store.putRecords(judgedRecords(fold)).catch(() => undefined)
  for (const { value } of await store.listRecords(collections.fraud)) await takeProof(fold, value)
  const grown = makeEmitter<void>()
  const serial = makeSerial()

  const append = async (fresh: readonly RecordBytes[]): Promise<Received> => {
    const judged = await fold.apply(fresh)
    if (!judged.ok) return { fault: judged.reason }
    try {
      await store.putRecords([
        ...fresh.map((value, index) => ({ collection: collections.log, key: positionKey(records.length + index), value })),
        ...judgedRecords(fold),
      ])
    } catch (thrown) {
      judged.value()
      return { fault: codeOf(thrown) }
    }
    records.push(...fresh)
    grown.emit()
    return { added: fresh.length }
  }

  /** The one that is here, and those that someone else was given from that position on. */
  const judgeFork = async (pos: number, proof: readonly RecordBytes[]): Promise<Received> => {
    // Told again: what is proven already is no news.
    if (fold.frozen()) return { fault: 'frozen' }
    if (!(await takeProof(fold, encodeProof(proof)))) {
      // Of a relay that was replaced: who was removed there is given no key here, and nothing else follows.
      const noted = await fold.noteBranch(proof.slice(1))
      return noted.ok && !noted.value.fraud ? { added: 0 } : { fault: 'forked-log' }
    }
    // Kept, so that a restart does not go on with a log that two people see differently.
    await store.putRecords([{ collection: collections.fraud, key: positionKey(pos), value: encodeProof(proof) }])
    grown.emit()
    return { fault: 'sequencer-fraud' }
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

  /** Owners have replaced who orders: from `pos` on the log is another one. Null when the records say nothing of the kind. */
  const followTakeOver = async (pos: number, branch: readonly RecordBytes[]): Promise<Received | null> => {
    // What was written on these can be checked with them alone.
    const entries = records.slice(pos).flatMap((_, index) => ({ pos: pos + index, id: fold.entryIdAt(pos + index) }))
    const judged = await fold.takeOver(branch)
    if (!judged.ok) return null
    const gone = records.slice(pos + branch.length)
    try {
      await store.putRecords([
        ...left.recordsOf(entries),
        ...branch.map((value, index) => ({ collection: collections.log, key: positionKey(pos + index), value })),
        ...gone.map((_, index) => ({ collection: collections.log, key: positionKey(pos + branch.length + index), value: null })),
        ...judgedRecords(fold),
      ])
    } catch (thrown) {
      judged.value.undo()
      return { fault: codeOf(thrown) }
    }
    records.splice(pos, records.length, ...branch)
    await left.refresh()
    grown.emit()
    return { added: branch.length }
  }

  const receive = async (firstPos: number, sent: readonly RecordBytes[]): Promise<Received> => {
    if (firstPos > records.length) return { gapAt: records.length }
    const known = records.slice(firstPos, firstPos + sent.length)
    const differs = firstDifference(known, sent)
    const branch = sent.slice(Math.max(differs, 0))
    const followed = differs >= 0 ? await followTakeOver(firstPos + differs, branch) : null
    if (followed) return followed
    if (differs >= 0) return judgeFork(firstPos + differs, [...known.slice(differs, differs + 1), ...sent.slice(differs)])
    const fresh = sent.slice(known.length)
    return fresh.length === 0 ? { added: 0 } : append(fresh)
  }

  return {
    scope,
    fold,
    left,
    nextPos: () => records.length,
    read: (fromPos, limit) => records.slice(fromPos, fromPos + limit),
    receive: async (firstPos, sent) => serial.run(async () => receive(firstPos, sent)),
    refresh: async () => serial.run(refresh),
    onGrown: grown.subscribe,
  }
}

type LogHead = NonNullable<ReturnType<ScopeFold['head']>>

/** Those that fold, from the first on. Up to the mark this device has checked their signatures before; see ADR 27. */
async function foldStored(fold: ScopeFold, stored: readonly RecordBytes[], mark: LogHead | null): Promise<RecordBytes[]> {
  const good = mark ? stored.slice(0, mark.pos + 1) : []
  const isKnown = mark !== null && good.length > mark.pos && (await fold.apply(good, { judgedTo: mark.id })).ok
  if (!isKnown) good.length = 0
  const rest = stored.slice(good.length)
  // Together they are judged in a fraction of the time, and they nearly always are in order.
  if (rest.length === 0 || (await fold.apply(rest)).ok) return [...good, ...rest]
  for (const record of rest) {
    if (!(await fold.apply([record])).ok) break
    good.push(record)
  }
  return good
}

/** Null where there is none, or none that can be read: then all is checked again. */
async function judgedHead(store: LogStore): Promise<LogHead | null> {
  const bytes = await store.getRecord(collections.judgedLog, judgedKey).catch(() => null)
  if (bytes?.length !== judgedSizeBytes) return null
  const reader = makeByteReader(bytes)
  return { pos: reader.u32(), id: idFromBytes<'entry'>(reader.rest()) }
}

function judgedRecords(fold: ScopeFold): Parameters<LogStore['putRecords']>[0] {
  const head = fold.head()
  if (!head) return []
  const value = makeByteWriter().u32(head.pos).raw(idToBytes(head.id)).done()
  return [{ collection: collections.judgedLog, key: judgedKey, value }]
}

/** Records carry deterministic signatures and one cut list by its root, so two true records of one entry are the same bytes. */
function firstDifference(known: readonly RecordBytes[], sent: readonly RecordBytes[]): number {
  return known.findIndex((record, index) => !equalBytes(record, sent[index] ?? emptyBytes))
}

function encodeProof(records: readonly RecordBytes[]): Bytes {
  const writer = makeByteWriter().u16(records.length)
  for (const record of records) writer.bytes32(record)
  return writer.done()
}

/** False unless the sequencer has signed both. What the other branch says is remembered: who was removed there is given no key here. */
async function takeProof(fold: ScopeFold, proof: Bytes): Promise<boolean> {
  const reader = makeByteReader(proof)
  const [own, ...others] = Array.from({ length: reader.u16() }, () => reader.bytes32(maxFrameSizeBytes))
  const [other] = others
  if (!own || !other || !(await fold.reportFraud(own, other)).ok) return false
  await fold.noteBranch(others)
  return true
}
