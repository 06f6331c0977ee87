/** The operations of a scope's log, ready to be proposed. */
import { emptyBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, InvitationId, Random, ScopeId, TopicId, UserId } from '@poruch/base'
import type { SigningKey, SignSuite, VerifySuite } from '@poruch/crypto'
import { approvalBytes, approveDomain } from '../fold/role-rules.ts'
import { takeOverBytes, takeOverDomain } from '../fold/take-over.ts'
import type { TakeOver } from '../fold/take-over.ts'
import { encodeJoinRequest } from '../invitation/join-request.ts'
import type { JoinRequest } from '../invitation/join-request.ts'
import type { Role } from '../roles.ts'
import { cutRootOf, encodeCutList } from '../scope-log/cuts.ts'
import type { CutRow } from '../scope-log/cuts.ts'
import { prefixSizeBytes } from '../scope-log/op-codec.ts'
import { historyPolicies, scopeKinds } from '../scope-log/ops.ts'
import type { Approval, ScopeOp, ScopeOpOf } from '../scope-log/ops.ts'
import type { Draft } from './propose.ts'
import { deviceIdOf } from './user-entries.ts'

const nonceSizeBytes = 16

function plain(op: ScopeOp): Draft {
  return { op, cutList: emptyBytes }
}

/** A workspace whose founder has this user log and whose entries this key orders. */
export function draftGenesis(options: {
  random: Random
  userLog: readonly Bytes[]
  sequencer: Bytes
  history?: keyof typeof historyPolicies
}): Draft {
  return plain({
    kind: 'genesis',
    scopeKind: scopeKinds.workspace,
    parent: null,
    founderUserLog: options.userLog,
    sequencer: options.sequencer,
    historyPolicy: historyPolicies[options.history ?? 'full'],
    nonce: options.random.bytes(nonceSizeBytes),
  })
}

/** Entries that follow the pinned head. Where one of them revokes a device, `cuts` is the list whose root it signed for this scope. */
export async function draftPinUser(
  suite: VerifySuite,
  pin: { user: UserId; head: EntryId; entries: readonly Bytes[]; cuts?: readonly CutRow[] },
): Promise<Draft> {
  const { user, head, entries } = pin
  return withCuts(suite, pin.cuts ?? null, (cutRoot) => ({ kind: 'pin-user', user, head, entries, cutRoot }))
}

/** Direct admission. `entries`: the whole user log of a newcomer, or what follows the pinned head of a former member. */
export function draftAdmit(admit: { user: UserId; role: Role; entries: readonly Bytes[] }): Draft {
  return plain({ kind: 'admit', ...admit, invitation: null, request: emptyBytes })
}

/** Admission of a join request with its invitation's role; for a former member `entries` is what follows the pinned head. */
export function draftAdmitRequest(
  request: JoinRequest & { readonly user: UserId; readonly info: { readonly role: Role } },
  entries: readonly Bytes[] = request.userLog,
): Draft {
  return plain({
    kind: 'admit',
    user: request.user,
    role: request.info.role,
    invitation: request.invitation,
    entries,
    request: encodeJoinRequest(request),
  })
}

/** `cuts` is null when no right is lowered. */
export async function draftSetRole(
  suite: VerifySuite,
  change: { user: UserId; role: Role; cuts: readonly CutRow[] | null; approvals?: readonly Approval[] },
): Promise<Draft> {
  const approvals = (change.approvals ?? []).toSorted((a, b) => (a.device < b.device ? -1 : 1))
  return withCuts(suite, change.cuts, (cutRoot) => ({ kind: 'set-role', user: change.user, role: change.role, cutRoot, approvals }))
}

export async function draftRemove(suite: VerifySuite, user: UserId, cuts: readonly CutRow[]): Promise<Draft> {
  return withCuts(suite, cuts, (cutRoot) => ({ kind: 'remove-member', user, cutRoot }))
}

export async function draftLeave(suite: VerifySuite, cuts: readonly CutRow[]): Promise<Draft> {
  return withCuts(suite, cuts, (cutRoot) => ({ kind: 'leave', cutRoot }))
}

/** `cuts` is null when no minimum is raised. */
export async function draftSetMinimum(
  suite: VerifySuite,
  change: { prefix: string; minWrite: Role; minReact: Role; cuts: readonly CutRow[] | null },
): Promise<Draft> {
  const { prefix, minWrite, minReact } = change
  return withCuts(suite, change.cuts, (cutRoot) => ({ kind: 'set-minimum', prefix, minWrite, minReact, cutRoot }))
}

async function withCuts(suite: VerifySuite, cuts: readonly CutRow[] | null, op: (cutRoot: Bytes) => ScopeOp): Promise<Draft> {
  return cuts ? { op: op(await cutRootOf(suite, cuts)), cutList: encodeCutList(cuts) } : plain(op(emptyBytes))
}

export function draftEpoch(epoch: Omit<ScopeOpOf<'epoch'>, 'kind'>): Draft {
  return plain({ kind: 'epoch', ...epoch })
}

export function draftCreateInvitation(invitation: Omit<ScopeOpOf<'create-invitation'>, 'kind'>): Draft {
  return plain({ kind: 'create-invitation', ...invitation })
}

export function draftRevokeInvitation(invitation: InvitationId): Draft {
  return plain({ kind: 'revoke-invitation', invitation })
}

/** A new prefix (56 hexadecimal characters) for a document. */
export function newPrefix(random: Random): string {
  return toHex(random.bytes(prefixSizeBytes))
}

export function draftAddDoc(doc: Omit<ScopeOpOf<'add-doc'>, 'kind'>): Draft {
  return plain({ kind: 'add-doc', ...doc })
}

export function draftAdmitLate(late: { device: DeviceId; topic: TopicId; seq: number; envelope: EnvelopeId }): Draft {
  return plain({ kind: 'admit-late', ...late })
}

/** An owner's commitment to the state so far: `fold.stateRoot()`. */
export function draftCheckpoint(stateRoot: Bytes): Draft {
  return plain({ kind: 'checkpoint', stateRoot })
}

/** A word for a snapshot: what its frontier names in this topic stands against later cuts once enough members say so. */
export async function draftAnchor(
  suite: VerifySuite,
  anchor: { topic: TopicId; snapshot: Bytes; frontier: readonly CutRow[] },
): Promise<Draft> {
  const { topic, snapshot, frontier } = anchor
  const op: ScopeOp = { kind: 'anchor', topic, snapshot, frontierRoot: await cutRootOf(suite, frontier) }
  return { op, cutList: encodeCutList(frontier) }
}

/** A new sequencer from the position after `at` on; `approvals` are those of owners other than the author. */
export function draftSetSequencer(takeOver: { term: number; at: number; sequencer: Bytes; approvals: readonly Approval[] }): Draft {
  const approvals = takeOver.approvals.toSorted((a, b) => (a.device < b.device ? -1 : 1))
  return plain({ kind: 'set-sequencer', ...takeOver, approvals })
}

/** An owner's approval of a take-over. An owner gives one per term, ever. */
export async function approveSequencer(suite: SignSuite, key: SigningKey, takeOver: TakeOver & { scope: ScopeId }): Promise<Approval> {
  return { device: deviceIdOf(key), sig: await suite.sign(key, takeOverDomain, takeOverBytes(takeOver.scope, takeOver)) }
}

/** An owner's approval that `user` gets `role`; good while the set of owners is what it is. */
export async function approve(
  suite: SignSuite,
  key: SigningKey,
  change: { scope: ScopeId; ownerTerm: number; user: UserId; role: Role },
): Promise<Approval> {
  return { device: deviceIdOf(key), sig: await suite.sign(key, approveDomain, approvalBytes(change.scope, change.ownerTerm, change)) }
}
