/** The operations of a scope's log. See docs/PROTOCOL.md, "Scope log". */
import type { Bytes, DeviceId, EntryId, EnvelopeId, InvitationId, ScopeId, TopicId, UserId } from '@poruch/base'
import type { Role } from '../roles.ts'

export const scopeKinds = { workspace: 1, channel: 2, folder: 3, call: 4 } as const
export const historyPolicies = { full: 0, sinceJoin: 1 } as const
export const docKinds = { directory: 1, channel: 2, privateUser: 3, folder: 4, document: 5, board: 6 } as const

export interface Approval {
  readonly device: DeviceId
  readonly sig: Bytes
}

/** Roots and invitation fields are empty or null where the table says "empty". Hexadecimal prefixes have 56 characters. */
export type ScopeOp =
  | {
      readonly kind: 'genesis'
      readonly scopeKind: number
      readonly parent: ScopeId | null
      readonly founderUserLog: readonly Bytes[]
      readonly sequencer: Bytes
      readonly historyPolicy: number
      readonly nonce: Bytes
    }
  | {
      readonly kind: 'pin-user'
      readonly user: UserId
      readonly head: EntryId
      readonly entries: readonly Bytes[]
      readonly cutRoot: Bytes
    }
  | {
      readonly kind: 'admit'
      readonly user: UserId
      readonly role: Role
      readonly invitation: InvitationId | null
      readonly entries: readonly Bytes[]
      readonly request: Bytes
    }
  | {
      readonly kind: 'set-role'
      readonly user: UserId
      readonly role: Role
      readonly cutRoot: Bytes
      readonly approvals: readonly Approval[]
    }
  | { readonly kind: 'remove-member'; readonly user: UserId; readonly cutRoot: Bytes }
  | { readonly kind: 'leave'; readonly cutRoot: Bytes }
  | {
      readonly kind: 'epoch'
      readonly gen: number
      readonly keyCommitment: Bytes
      readonly readersRoot: Bytes
      readonly prevWrapped: Bytes
    }
  | {
      readonly kind: 'create-invitation'
      readonly invitation: InvitationId
      readonly role: Role
      readonly expiresAtMs: number
      readonly maxUses: number
      readonly policy: 'approval' | 'auto'
    }
  | { readonly kind: 'revoke-invitation'; readonly invitation: InvitationId }
  | { readonly kind: 'add-doc'; readonly prefix: string; readonly docKind: number; readonly minWrite: Role; readonly minReact: Role }
  | { readonly kind: 'set-minimum'; readonly prefix: string; readonly minWrite: Role; readonly minReact: Role; readonly cutRoot: Bytes }
  | { readonly kind: 'admit-late'; readonly device: DeviceId; readonly topic: TopicId; readonly seq: number; readonly envelope: EnvelopeId }
  /** The frontier's rows stand where a record has its cut list. */
  | { readonly kind: 'anchor'; readonly topic: TopicId; readonly snapshot: Bytes; readonly frontierRoot: Bytes }
  | {
      readonly kind: 'set-sequencer'
      readonly term: number
      /** The last position that stands. */
      readonly at: number
      readonly sequencer: Bytes
      readonly approvals: readonly Approval[]
    }
  | { readonly kind: 'checkpoint'; readonly stateRoot: Bytes }
  /** Op 14, whose bytes are settled and whose rules come later. */
  | { readonly kind: 'later'; readonly number: number }

export type ScopeOpKind = ScopeOp['kind']
export type ScopeOpOf<Kind extends ScopeOpKind> = Extract<ScopeOp, { kind: Kind }>

/** The root of the list that the record of an operation carries, or empty bytes. */
export function cutRootIn(op: ScopeOp): Bytes {
  if (op.kind === 'anchor') return op.frontierRoot
  return 'cutRoot' in op ? op.cutRoot : new Uint8Array()
}
