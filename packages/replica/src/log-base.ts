/** The log as the disk has it: from the genesis on, or from a Checkpoint until the entries before it have come and been judged. */
import { idFromBytes, idToBytes, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { makeScopeFold } from '@poruch/identity/fold'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import type { LogStore } from '@poruch/sync'
import { laterParts } from './later-parts.ts'
import { collections, positionKey } from './records.ts'

/** Four bytes of position and an id. */
const judgedSizeBytes = 36
const judgedKey = 'head'
const startKey = 'start'

type StoreRecords = Parameters<LogStore['putRecords']>[0]
type LogHead = NonNullable<ReturnType<ScopeFold['head']>>

export interface LogBase {
  readonly fold: ScopeFold
  /** The position of the first of `records`. */
  readonly base: number
  /** Those that fold; what follows comes again. */
  readonly records: readonly RecordBytes[]
}

export async function openLogBase({ suite, store, scope }: { suite: VerifySuite; store: LogStore; scope: ScopeId }): Promise<LogBase> {
  const [stored, mark, start] = await Promise.all([
    store.listRecords(collections.log),
    judgedHead(store),
    store.getRecord(collections.logStart, startKey),
  ])
  const begun = start && (await (await laterParts.newcomerStart()).openStart(suite, scope, start))
  const base = Number(stored[0]?.key ?? 0)
  const isBegun = begun?.ok === true && begun.value.pos === base
  const fold = isBegun ? begun.value.fold : makeScopeFold({ suite, scope })
  // What begins in the middle is nothing without its start: it comes again.
  const own = isBegun || base === 0 ? stored.map(({ value }) => value) : []
  const records = await foldStored(fold, { records: own, base, mark })
  // Once: the next start is spared what this one had to check. A disk that has no room for it changes nothing else.
  if (fold.head()?.id !== mark?.id) await store.putRecords(judgedRecords(fold)).catch(() => undefined)
  return { fold, base: isBegun ? base : 0, records }
}

/** Those that fold, from the first on. Up to the mark this device has checked their signatures before; see ADR 27. */
async function foldStored(
  fold: ScopeFold,
  { records, base, mark }: { records: readonly RecordBytes[]; base: number; mark: LogHead | null },
): Promise<RecordBytes[]> {
  const good = records.slice(0, (fold.head()?.pos ?? base - 1) + 1 - base)
  const known = mark ? records.slice(good.length, mark.pos + 1 - base) : []
  if (mark && base + good.length + known.length > mark.pos && known.length > 0 && (await fold.apply(known, { judgedTo: mark.id })).ok)
    good.push(...known)
  const rest = records.slice(good.length)
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

/** To be written together with what the fold has judged. */
export function judgedRecords(fold: ScopeFold): StoreRecords {
  const head = fold.head()
  if (!head) return []
  const value = makeByteWriter().u32(head.pos).raw(idToBytes(head.id)).done()
  return [{ collection: collections.judgedLog, key: judgedKey, value }]
}

/** What a log that does not begin at its genesis begins with. */
export function startRecord(value: Bytes | null): StoreRecords[number] {
  return { collection: collections.logStart, key: startKey, value }
}

/** Rows of the store that make the log whole. */
export function filledRows(records: readonly RecordBytes[]): StoreRecords {
  return records.map((value, pos) => ({ collection: collections.log, key: positionKey(pos), value }))
}
