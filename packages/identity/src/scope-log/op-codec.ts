/** Operations of a scope's log as arrays. */
import { emptyBytes, idToBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { maxApprovals, maxInvitationUses, maxJoinRequestBytes, maxUserEntries, maxUserEntryBytes } from '../bounds.ts'
import type { CborValue } from '../cbor.ts'
import { IdentityError } from '../errors.ts'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import {
  asBytes,
  asId,
  asList,
  asOptional,
  asOptionalId,
  asSized,
  asTuple,
  asUint,
  checkSorted,
  hashSizeBytes,
  keySizeBytes,
} from '../shape.ts'
import { maxU32, maxU48, signatureSizeBytes } from '../shape.ts'
import { wrappedSecretSizeBytes } from '../user-log/ops.ts'
import type { Approval, ScopeOp } from './ops.ts'

export const prefixSizeBytes = 28
const genesisNonceSizeBytes = 16
const parentDrop = 14

function prefixBytes(prefix: string): Bytes {
  const bytes = parseHex(prefix)
  if (bytes?.length !== prefixSizeBytes) throw new IdentityError('bad-shape', `a prefix of ${prefix.length} characters`)
  return bytes
}

function approvalToCbor(approval: Approval): CborValue {
  return [idToBytes(approval.device), approval.sig]
}

function optional(id: Parameters<typeof idToBytes>[0] | null): Bytes {
  return id === null ? emptyBytes : idToBytes(id)
}

/** @throws IdentityError `unknown-op` for an operation that this version cannot write. */
export function scopeOpToCbor(op: ScopeOp): CborValue {
  switch (op.kind) {
    case 'genesis':
      return [0, op.scopeKind, optional(op.parent), op.founderUserLog, op.sequencer, op.historyPolicy, op.nonce]
    case 'pin-user':
      return [1, idToBytes(op.user), idToBytes(op.head), op.entries, op.cutRoot]
    case 'admit':
      return [2, idToBytes(op.user), op.role, optional(op.invitation), op.entries, op.request]
    case 'set-role':
      return [3, idToBytes(op.user), op.role, op.cutRoot, op.approvals.map(approvalToCbor)]
    case 'remove-member':
      return [4, idToBytes(op.user), op.cutRoot]
    case 'leave':
      return [5, op.cutRoot]
    case 'epoch':
      return [6, op.gen, op.keyCommitment, op.readersRoot, op.prevWrapped]
    case 'create-invitation':
      return [7, idToBytes(op.invitation), op.role, op.expiresAtMs, op.maxUses, op.policy === 'auto' ? 1 : 0]
    case 'revoke-invitation':
      return [8, idToBytes(op.invitation)]
    case 'add-doc':
      return [9, prefixBytes(op.prefix), op.docKind, op.minWrite, op.minReact]
    case 'set-minimum':
      return [10, prefixBytes(op.prefix), op.minWrite, op.minReact, op.cutRoot]
    case 'admit-late':
      return [11, idToBytes(op.device), idToBytes(op.topic), op.seq, idToBytes(op.envelope)]
    case 'anchor':
      return [12, idToBytes(op.topic), op.snapshot, op.frontierRoot]
    case 'set-sequencer':
      return [13, op.term, op.at, op.sequencer, op.approvals.map(approvalToCbor)]
    case 'checkpoint':
      return [15, op.stateRoot]
    case 'later':
      throw new IdentityError('unknown-op', `operation ${op.number} has no rules yet`)
  }
}

function asRole(value: CborValue | undefined): Role {
  const role = asUint(value, roles.owner)
  if (role === roles.none) throw new IdentityError('bad-shape', 'role 0 is nobody’s')
  return role as Role
}

function asEntries(value: CborValue | undefined): Bytes[] {
  return asList(value, maxUserEntries).map((entry) => asBytes(entry, maxUserEntryBytes))
}

function asPrefix(value: CborValue | undefined): string {
  return toHex(asSized(value, prefixSizeBytes))
}

const cutRoot = (value: CborValue | undefined): Bytes => asOptional(value, hashSizeBytes)

function asApprovals(value: CborValue | undefined): Approval[] {
  const approvals = asList(value, maxApprovals).map((row) => {
    const [device, sig] = asTuple(row, 2)
    return { device: asId<'device'>(device), sig: asSized(sig, signatureSizeBytes) }
  })
  checkSorted(approvals.map((approval) => approval.device))
  return approvals
}

type Reader = (fields: readonly CborValue[]) => ScopeOp

/** How long the array of each operation is, its number included, and how it is read. */
const readers: readonly (readonly [number, Reader] | null)[] = [
  [
    7,
    ([, kind, parent, log, sequencer, policy, nonce]) => ({
      kind: 'genesis',
      scopeKind: asUint(kind, 4),
      parent: asOptionalId(parent),
      founderUserLog: asEntries(log),
      sequencer: asSized(sequencer, keySizeBytes),
      historyPolicy: asUint(policy, 1),
      nonce: asSized(nonce, genesisNonceSizeBytes),
    }),
  ],
  [
    5,
    ([, user, head, entries, root]) => ({
      kind: 'pin-user',
      user: asId(user),
      head: asId(head),
      entries: asEntries(entries),
      cutRoot: cutRoot(root),
    }),
  ],
  [
    6,
    ([, user, role, invitation, entries, request]) => ({
      kind: 'admit',
      user: asId(user),
      role: asRole(role),
      invitation: asOptionalId(invitation),
      entries: asEntries(entries),
      request: asBytes(request, maxJoinRequestBytes),
    }),
  ],
  [
    5,
    ([, user, role, root, approvals]) => ({
      kind: 'set-role',
      user: asId(user),
      role: asRole(role),
      cutRoot: cutRoot(root),
      approvals: asApprovals(approvals),
    }),
  ],
  [3, ([, user, root]) => ({ kind: 'remove-member', user: asId(user), cutRoot: cutRoot(root) })],
  [2, ([, root]) => ({ kind: 'leave', cutRoot: cutRoot(root) })],
  [
    5,
    ([, gen, commitment, readersRoot, wrapped]) => ({
      kind: 'epoch',
      gen: asUint(gen, maxU32),
      keyCommitment: asSized(commitment, hashSizeBytes),
      readersRoot: asSized(readersRoot, hashSizeBytes),
      prevWrapped: asOptional(wrapped, wrappedSecretSizeBytes),
    }),
  ],
  [
    6,
    ([, invitation, role, expires, uses, policy]) => ({
      kind: 'create-invitation',
      invitation: asId(invitation),
      role: asRole(role),
      expiresAtMs: asUint(expires, maxU48),
      maxUses: asUint(uses, maxInvitationUses),
      policy: asUint(policy, 1) === 1 ? 'auto' : 'approval',
    }),
  ],
  [2, ([, invitation]) => ({ kind: 'revoke-invitation', invitation: asId(invitation) })],
  [
    5,
    ([, prefix, kind, minWrite, minReact]) => ({
      kind: 'add-doc',
      prefix: asPrefix(prefix),
      docKind: asUint(kind, 6),
      minWrite: asRole(minWrite),
      minReact: asRole(minReact),
    }),
  ],
  [
    5,
    ([, prefix, minWrite, minReact, root]) => ({
      kind: 'set-minimum',
      prefix: asPrefix(prefix),
      minWrite: asRole(minWrite),
      minReact: asRole(minReact),
      cutRoot: cutRoot(root),
    }),
  ],
  [
    5,
    ([, device, topic, seq, envelope]) => ({
      kind: 'admit-late',
      device: asId(device),
      topic: asId(topic),
      seq: asUint(seq, maxU32),
      envelope: asId(envelope),
    }),
  ],
  [
    4,
    ([, topic, snapshot, root]) => ({
      kind: 'anchor',
      topic: asId(topic),
      snapshot: asSized(snapshot, hashSizeBytes),
      frontierRoot: asSized(root, hashSizeBytes),
    }),
  ],
  [
    5,
    ([, term, at, sequencer, approvals]) => ({
      kind: 'set-sequencer',
      term: asUint(term, maxU32),
      at: asUint(at, maxU32),
      sequencer: asSized(sequencer, keySizeBytes),
      approvals: asApprovals(approvals),
    }),
  ],
  null,
  [2, ([, root]) => ({ kind: 'checkpoint', stateRoot: asSized(root, hashSizeBytes) })],
]

/** @throws IdentityError `bad-shape` | `unknown-op` */
export function scopeOpFromCbor(value: CborValue | undefined): ScopeOp {
  const number = asUint(asList(value, maxUserEntries)[0], maxU32)
  const reader = readers[number]
  if (reader) return reader[1](asTuple(value, reader[0]))
  if (number === parentDrop) return { kind: 'later', number }
  throw new IdentityError('unknown-op', `operation ${number}`)
}
