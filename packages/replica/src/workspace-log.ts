/** The workspace's scope log on this device: folded, durable, growing at its end. */
import { codeOf, emptyBytes, equalBytes, makeByteReader, makeByteWriter, makeEmitter, makeSerial } from '@poruch/base'
import type { Bytes, ScopeId, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import { maxFrameSizeBytes } from '@poruch/sync'
import type { LogStore } from '@poruch/sync'
import { openLeftEntries } from './left-entries.ts'
import type { LeftEntries } from './left-entries.ts'
import { laterParts } from './later-parts.ts'
import { filledRows, judgedRecords, openLogBase, startRecord } from './log-base.ts'
import type { Filling } from './newcomer-start.ts'
import { noFirstView } from './first-view.ts'
import { collections, positionKey } from './records.ts'

/**
 * What became of records that someone sent. `fault` means that they cannot belong to this log; `sequencer-fraud`, that the sequencer has
 * ordered both them and those here; `by`, who signed what cannot be, where that is known.
 */
export type Received = { readonly added: number } | { readonly gapAt: number } | { readonly fault: string; readonly by?: UserId | null }

export interface WorkspaceLog {
  readonly scope: ScopeId
  readonly fold: ScopeFold
  readonly left: LeftEntries
  nextPos(): number
  /** The next position before this copy's first record that is to be fetched; null when the copy is whole. */
  missingFrom(): number | null
  /** Records from a position on, at most `limit`; none where this copy does not reach back so far. */
  read(fromPos: number, limit: number): readonly RecordBytes[]
  /** Takes records whose first is at `firstPos`: those known are compared, those next are judged, kept and folded. */
  receive(firstPos: number, records: readonly RecordBytes[]): Promise<Received>
  /** Takes in what another tab has written to the store. */
  refresh(): Promise<void>
  /** Called after the log has grown. */
  onGrown(listener: () => void): () => void
  /** Called when the state that this copy began with has turned out to be false: it is to be opened anew, from the genesis. */
  onFalseStart(listener: () => void): () => void
}

/**
 * Opens what the device holds of the log. A record on the device that no longer folds ends the reading there; the rest comes
 * again from relay or peers.
 */
export async function openWorkspaceLog(options: { suite: VerifySuite; store: LogStore; scope: ScopeId }): Promise<WorkspaceLog> {
  const { suite, store, scope } = options
  const opened = await openLogBase({ suite, store, scope })
  const { fold } = opened
  let { base } = opened
  const left = await openLeftEntries(store)
  const records = [...opened.records]
  for (const { value } of await store.listRecords(collections.fraud)) await takeProof(fold, value)
  const grown = makeEmitter<void>()
  const falseStart = makeEmitter<void>()
  const serial = makeSerial()

  const append = async (fresh: readonly RecordBytes[]): Promise<Received> => {
    const judged = await fold.apply(fresh)
    if (!judged.ok) return { fault: judged.reason, by: judged.reason === 'bad-state' ? checkpointAuthor(fold, fresh) : null }
    try {
      await store.putRecords([
        ...fresh.map((value, index) => ({ collection: collections.log, key: positionKey(base + records.length + index), value })),
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
      const record = await store.getRecord(collections.log, positionKey(base + records.length))
      if (!record || !(await fold.apply([record])).ok) break
      records.push(record)
      added++
    }
    if (added > 0) grown.emit()
  }

  /** Owners have replaced who orders: from `pos` on the log is another one. Null when the records say nothing of the kind. */
  const followTakeOver = async (pos: number, branch: readonly RecordBytes[]): Promise<Received | null> => {
    // What was written on these can be checked with them alone.
    const entries = records.slice(pos - base).flatMap((_, index) => ({ pos: pos + index, id: fold.entryIdAt(pos + index) }))
    const epochs = fold.epochs()
    const judged = await fold.takeOver(branch)
    if (!judged.ok) return null
    const gone = records.slice(pos - base + branch.length)
    try {
      await store.putRecords([
        ...left.recordsOf(entries, epochs),
        ...branch.map((value, index) => ({ collection: collections.log, key: positionKey(pos + index), value })),
        ...gone.map((_, index) => ({ collection: collections.log, key: positionKey(pos + branch.length + index), value: null })),
        ...judgedRecords(fold),
      ])
    } catch (thrown) {
      judged.value.undo()
      return { fault: codeOf(thrown) }
    }
    records.splice(pos - base, records.length, ...branch)
    await left.refresh()
    grown.emit()
    return { added: branch.length }
  }

  let filling: Filling | null = null
  /** Entries before the first record here. */
  const fill = async (firstPos: number, sent: readonly RecordBytes[]): Promise<Received> => {
    const [checkpoint] = records
    if (!checkpoint) return { added: 0 }
    const { makeFilling } = await laterParts.newcomerStart()
    filling ??= makeFilling({ suite, scope, base, checkpoint })
    const present = filling
    const outcome = await present.take(firstPos, sent)
    if (outcome === 'more') return { added: 0 }
    filling = null
    if (typeof outcome === 'object') return outcome
    if (outcome === 'done') {
      await store.putRecords([...filledRows(present.records), startRecord(null)])
      records.unshift(...present.records)
      base = 0
      grown.emit()
      return { added: present.records.length }
    }
    // What was believed goes, and all that followed it; what was read instead stays.
    const gone = records.map((_, index) => ({ collection: collections.log, key: positionKey(base + index), value: null }))
    await store.putRecords([startRecord(null), ...gone, ...filledRows(present.records), noFirstView])
    falseStart.emit()
    return { fault: 'bad-state', by: checkpointAuthor(fold, [checkpoint]) }
  }

  const receive = async (firstPos: number, all: readonly RecordBytes[]): Promise<Received> => {
    const below = Math.max(0, base - firstPos)
    if (below === 0) return receiveAt(firstPos, all)
    const filled = await fill(firstPos, all.slice(0, below))
    return 'fault' in filled || all.length <= below ? filled : receiveAt(firstPos + below, all.slice(below))
  }

  const receiveAt = async (firstPos: number, sent: readonly RecordBytes[]): Promise<Received> => {
    if (firstPos > base + records.length) return { gapAt: base + records.length }
    const known = records.slice(firstPos - base, firstPos - base + sent.length)
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
    nextPos: () => base + records.length,
    missingFrom: () => (base === 0 ? null : (filling?.next ?? 0)),
    read: (fromPos, limit) => (fromPos < base ? [] : records.slice(fromPos - base, fromPos - base + limit)),
    receive: async (firstPos, sent) => serial.run(async () => receive(firstPos, sent)),
    refresh: async () => serial.run(refresh),
    onGrown: grown.subscribe,
    onFalseStart: falseStart.subscribe,
  }
}

/** Who signed the first Checkpoint among the records. */
function checkpointAuthor(fold: ScopeFold, records: readonly RecordBytes[]): UserId | null {
  for (const record of records) {
    const { op, device } = decodeEntry(decodeRecord(record).entry)
    if (op.kind === 'checkpoint') return fold.ownerOf(device)
  }
  return null
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
