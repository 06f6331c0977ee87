/** A member's device in the relay's place: it orders the log of a team that has no relay. It has no other right by that. */
import { equalBytes, idToBytes, makeSerial, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, UserId } from '@poruch/base'
import { draftSetSequencer, placeAfter, proposeAll } from '@poruch/identity'
import { countersign, decodeEntry, decodeRecord, encodeRecord, entryIdOf } from '@poruch/identity/fold'
import type { RecordBytes } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import type { Mandate } from './relay-words.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export type Ordering =
  | { readonly kind: 'ordered' }
  | { readonly kind: 'moved'; readonly pos: number; readonly id: EntryId }
  | { readonly kind: 'refused'; readonly reason: string }

export interface Steward {
  /** The member's device that orders the log; null while a relay does. */
  device(): { readonly device: DeviceId; readonly user: UserId } | null
  /** Orders what follows the head, all or nothing, durable before anybody hears of it. */
  order(records: readonly RecordBytes[]): Promise<Ordering>
  /** Makes this device the one that orders. @throws ReplicaError `refused` with the log's reason */
  begin(mandate: Mandate): Promise<void>
}

export interface StewardOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
}

export function makeSteward({ ports, account, log }: StewardOptions): Steward {
  const { suite, clock } = ports
  const { fold } = log
  const serial = makeSerial()
  const isMine = (): boolean => {
    const key = fold.sequencer()
    return key !== null && equalBytes(key, idToBytes(account.device))
  }
  /** Countersigned, and in the log here; nobody can have had another entry there, for none but this device orders. */
  const keep = async (records: readonly RecordBytes[]): Promise<Ordering> => {
    const [first] = records
    if (!first) return { kind: 'refused', reason: 'bad-bytes' }
    const signed = await Promise.all(records.map(async (record) => countersigned(record)))
    const received = await log.receive(decodeEntry(decodeRecord(first).entry).pos, signed)
    if ('added' in received && received.added === records.length) return { kind: 'ordered' }
    return { kind: 'refused', reason: 'fault' in received ? received.fault : 'moved' }
  }
  const countersigned = async (record: RecordBytes): Promise<Bytes> => {
    const parts = decodeRecord(record)
    const { pos, prev } = decodeEntry(parts.entry)
    const place = { scope: log.scope, pos, id: await entryIdOf(suite, parts.entry), prev }
    return encodeRecord({ ...parts, countersignature: await countersign(suite, account.signingKey, place) })
  }
  const order = async (records: readonly RecordBytes[]): Promise<Ordering> => {
    if (!isMine()) return { kind: 'refused', reason: 'wrong-sequencer' }
    const head = fold.head()
    if (head && prevOf(records) !== head.id) return { kind: 'moved', ...head }
    const judged = await fold.apply(records, { proposal: true, nowMs: clock.now() })
    if (!judged.ok) return { kind: 'refused', reason: judged.reason }
    // It was a question: what is kept is what is countersigned.
    judged.value()
    return keep(records)
  }
  return {
    device: () => {
      const key = fold.sequencer()
      const device = key && (toHex(key) as DeviceId)
      const user = device && fold.ownerOf(device)
      return device && user ? { device, user } : null
    },
    order: async (records) => serial.run(async () => order(records)),
    begin: async ({ at, approvals }) =>
      serial.run(async () => {
        const self = fold.member(account.user)
        if (!self || isMine()) return
        const draft = draftSetSequencer({ term: fold.term() + 1, at, sequencer: idToBytes(account.device), approvals })
        const author = { device: account.signingKey, userLogHead: self.userLogHead }
        const proposed = await proposeAll(suite, placeAfter(fold, at), { drafts: [draft], author })
        const outcome = await keep(proposed.map(({ record }) => record))
        if (outcome.kind === 'refused') throw new ReplicaError('refused', 'the log stays with its sequencer', { reason: outcome.reason })
      }),
  }
}

/** Null for what cannot be read. */
function prevOf(records: readonly RecordBytes[]): EntryId | null {
  try {
    return records[0] ? decodeEntry(decodeRecord(records[0]).entry).prev : null
  } catch {
    return null
  }
}
