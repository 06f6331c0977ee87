/** What is to be thought of records that cannot belong to the log. */
import type { ScopeId, UserId } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { RecordBytes, ScopeOpKind } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import type { Alarms } from './alarms.ts'
import type { ReplicaPorts } from './ports.ts'
import type { WorkspaceLog } from './workspace-log.ts'

/** The device's own troubles, and what follows from an alarm that was raised before. */
const harmless: ReadonlySet<string> = new Set(['disk-full', 'store-closed', 'frozen'])
const lettingIn: ReadonlySet<ScopeOpKind> = new Set(['admit', 'pin-user'])

export interface LogFault {
  readonly scope: ScopeId
  readonly reason: string
  readonly records: readonly RecordBytes[]
  /** The member whose device sent it; null for the relay. */
  readonly from: UserId | null
}

export function noteLogFault({ alarms, ports }: { alarms: Alarms; ports: ReplicaPorts }, { scope, reason, records, from }: LogFault): void {
  ports.log?.('log-refused', { reason })
  if (harmless.has(reason)) return
  const sender = from === null ? {} : { user: from }
  // Both records bear the sequencer's name: it does not matter who brought them.
  if (reason === 'sequencer-fraud') return alarms.raise({ code: 'sequencer-fraud', scope })
  // A false Checkpoint lets nobody in, whatever came with it.
  const isForeign = reason !== 'bad-state' && records.some(letsIn)
  alarms.raise({ code: isForeign ? 'foreign-device' : 'forged-log', scope, ...sender })
}

/** How far back the other log is asked for: what it says of removals binds here, too, from the first entry that differs. */
const comparedEntries = 256

/** Whoever has another entry at a position of this log is asked for theirs. False when they differ. */
export function compareLogs(log: WorkspaceLog, at: FrameOf<'LOGAT'>, ask: (frame: FrameOf<'LOGSUB'>) => void): boolean {
  const known = log.fold.entryIdAt(at.pos)
  if (known === null || known === at.id || log.fold.frozen()) return true
  ask({ type: 'LOGSUB', scope: log.scope, nextPos: Math.max(0, at.pos - comparedEntries), keyCursor: 0 })
  return false
}

function letsIn(record: RecordBytes): boolean {
  try {
    return lettingIn.has(decodeEntry(decodeRecord(record).entry).op.kind)
  } catch {
    return false
  }
}
