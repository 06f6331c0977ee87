/** Who was an owner, proven by the few entries of a log that say so: what a newcomer knows before it believes an owner's Checkpoint. */
import { idToBytes } from '@poruch/base'
import type { DeviceId, ScopeId, UserId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { RecordBytes, ScopeFold } from '../fold-api.ts'
import { roles } from '../roles.ts'
import { decodeEntry, decodeRecord, scopeEntryDomain } from '../scope-log/entry.ts'
import type { ScopeEntry } from '../scope-log/entry.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { foldUserLog } from '../user-log/fold.ts'
import { liveDevice } from '../user-log/state.ts'
import type { UserLogState } from '../user-log/state.ts'
import { readRecord } from './authenticate.ts'
import type { Read } from './authenticate.ts'
import { approvalBytes, approveDomain } from './role-rules.ts'

/** Entries that concern owners and their devices: a log with more is read whole. */
export const maxOwnerProofRecords = 1_024

/**
 * Of the log's records those that say who its owners were and which devices they had, in order; null where they are too many.
 * `records` are all of those that the fold took, up to where the proof is for. O(records), without signatures.
 */
export function ownerProofIn(fold: Pick<ScopeFold, 'ownerOf'>, records: readonly RecordBytes[]): readonly RecordBytes[] | null {
  const entries = records.map((bytes) => decodeEntry(decodeRecord(bytes).entry))
  const owners = new Set<UserId>()
  for (const { op, device } of entries) {
    const founder = op.kind === 'genesis' ? fold.ownerOf(device) : null
    if (founder) owners.add(founder)
    if (op.kind === 'set-role' && op.role === roles.owner) owners.add(op.user)
  }
  const proof = records.filter((_, pos) => {
    const { op, device } = entries[pos] as ScopeEntry
    if (op.kind === 'leave') return owners.has(fold.ownerOf(device) as UserId)
    return op.kind === 'genesis' || ((op.kind === 'set-role' || op.kind === 'pin-user' || op.kind === 'admit') && owners.has(op.user))
  })
  return proof.length > maxOwnerProofRecords ? null : proof
}

interface Known {
  readonly logs: Map<UserId, UserLogState>
  readonly owners: Set<UserId>
  term: number
  pos: number
}

/**
 * Whether the records, the first of which begins the scope, make the device an owner's. Every step is signed by those whom the steps
 * before it name; what was left out can only be what the same people could have kept from a whole log, too.
 */
export async function isOwnerProof(
  suite: VerifySuite,
  { scope, device, records }: { scope: ScopeId; device: DeviceId; records: readonly RecordBytes[] },
): Promise<boolean> {
  if (records.length > maxOwnerProofRecords) return false
  const known: Known = { logs: new Map(), owners: new Set(), term: 0, pos: -1 }
  for (const bytes of records) {
    const read = await readRecord(suite, bytes)
    if (!read || read.scope !== scope || read.entry.pos <= known.pos || known.pos < 0 !== (read.entry.pos === 0)) return false
    known.pos = read.entry.pos
    if (!(await takeStep(suite, known, read))) return false
  }
  return ownerWith(known, device) !== null
}

async function takeStep(suite: VerifySuite, known: Known, read: Read): Promise<boolean> {
  const { op, device } = read.entry
  if (op.kind === 'genesis') {
    const log = await foldUserLog(suite, op.founderUserLog)
    if (!log.ok || known.pos > 0 || !liveDevice(log.value.state, device)) return false
    known.logs.set(log.value.state.user, log.value.state)
    known.owners.add(log.value.state.user)
    return isSigned(suite, read)
  }
  // A user's log proves itself, whoever pins it.
  if (op.kind === 'pin-user' || op.kind === 'admit') return takeLog(suite, known, op)
  const author = ownerWith(known, device)
  if (op.kind === 'leave') return author === null || ((await isSigned(suite, read)) && change(known, author, false))
  if (op.kind !== 'set-role') return false
  if (op.role !== roles.owner && !known.owners.has(op.user)) return true
  if (!author || !known.logs.has(op.user) || !(await isSigned(suite, read)) || !(await isAgreed(suite, known, { read, author, op })))
    return false
  return change(known, op.user, op.role === roles.owner)
}

async function takeLog(suite: VerifySuite, known: Known, op: ScopeOpOf<'pin-user'> | ScopeOpOf<'admit'>): Promise<boolean> {
  const before = known.logs.get(op.user)
  if (op.entries.length === 0) return before !== undefined
  const log = await foldUserLog(suite, op.entries, before ?? null)
  if (!log.ok || log.value.state.user !== op.user) return false
  known.logs.set(op.user, log.value.state)
  return true
}

async function isAgreed(
  suite: VerifySuite,
  { owners, term, ...known }: Known,
  { read, author, op }: { read: Read; author: UserId; op: ScopeOpOf<'set-role'> },
): Promise<boolean> {
  const agreed = new Set([author])
  const message = approvalBytes(read.scope, term, op)
  for (const { device, sig } of op.approvals) {
    const owner = ownerWith({ owners, logs: known.logs }, device)
    if (!owner || !(await suite.verify(idToBytes(device), approveDomain, message, sig))) return false
    agreed.add(owner)
  }
  return 2 * agreed.size > owners.size
}

async function isSigned(suite: VerifySuite, { entry, signed }: Read): Promise<boolean> {
  return suite.verify(idToBytes(entry.device), scopeEntryDomain, signed, entry.sig)
}

function ownerWith({ owners, logs }: Pick<Known, 'owners' | 'logs'>, device: DeviceId): UserId | null {
  for (const user of owners) {
    const log = logs.get(user)
    if (log && liveDevice(log, device)) return user
  }
  return null
}

function change(known: Known, user: UserId, isOwner: boolean): boolean {
  if (isOwner) known.owners.add(user)
  else known.owners.delete(user)
  known.term += 1
  return true
}
