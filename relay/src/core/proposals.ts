/** Reads a proposal and says whether this moment allows it; what its entries mean is the fold's matter. */
import type { Clock, DeviceId, EntryId, ScopeId, UserId } from '@poruch/base'
import { decodeEntry, decodeRecord, roles } from '@poruch/identity/fold'
import type { ScopeEntry, ScopeRecord } from '@poruch/identity/fold'
import { makeBucket } from './bucket.ts'
import type { Bucket } from './bucket.ts'
import { maxProposalRecords, maxProposalsAtOnce, proposalRefillMs, maxRefusalsAtOnce, refusalRefillMs } from './limits.ts'
import type { Member, ScopeState } from './scopes.ts'

export interface Proposed {
  readonly record: ScopeRecord
  readonly entry: ScopeEntry
}

export interface Proposal {
  readonly items: readonly Proposed[]
  /** Null for a genesis. */
  readonly scope: ScopeId | null
  /** The entry that the first one follows. */
  readonly prev: EntryId | null
}

/** Null unless all are entries of one device. */
export function parseProposal(records: readonly Uint8Array[], device: DeviceId): Proposal | null {
  if (records.length === 0 || records.length > maxProposalRecords) return null
  try {
    const items = records.map((bytes): Proposed => {
      const record = decodeRecord(bytes)
      return { record, entry: decodeEntry(record.entry) }
    })
    if (items.some(({ entry }) => entry.device !== device)) return null
    return { items, scope: items[0]?.entry.scope ?? null, prev: items[0]?.entry.prev ?? null }
  } catch {
    return null
  }
}

export interface Quotas {
  /** Takes what the proposal costs its member; false when too much was proposed. */
  take(state: ScopeState, member: Member, proposal: Proposal): boolean
  /** Counts a proposal that the fold refused. */
  refused(state: ScopeState, member: Member): void
  /** Whether the member could propose one entry more. */
  hasOne(state: ScopeState, member: Member): boolean
}

interface Buckets {
  readonly orders: Bucket
  readonly refusals: Bucket
}

export function makeQuotas(clock: Clock): Quotas {
  const buckets = new Map<string, Buckets>()
  const bucketsOf = (state: ScopeState, user: UserId): Buckets => {
    const name = `${state.scope}/${user}`
    // One per member: bounded by the members of the logs kept here.
    const found = buckets.get(name) ?? {
      orders: makeBucket({ clock, size: maxProposalsAtOnce, refillMs: proposalRefillMs }),
      refusals: makeBucket({ clock, size: maxRefusalsAtOnce, refillMs: refusalRefillMs }),
    }
    buckets.set(name, found)
    return found
  }
  return {
    take: (state, member, proposal) => {
      if (member.role >= roles.admin) return true
      const entries = proposal.items.map(({ entry }) => entry)
      if (entries.every(({ op }) => op.kind === 'leave')) return true
      const { orders, refusals } = bucketsOf(state, member.user)
      return refusals.has(1) && orders.take(entries.filter((entry) => !isFree(state, entry)).length)
    },
    refused: (state, member) => {
      if (member.role < roles.admin) bucketsOf(state, member.user).refusals.take()
    },
    hasOne: (state, member) => member.role >= roles.admin || bucketsOf(state, member.user).orders.has(1),
  }
}

/** What the workspace needs, or what cannot be repeated, costs nothing while it is accepted. */
function isFree(state: ScopeState, { op }: ScopeEntry): boolean {
  if (op.kind === 'epoch') return state.fold.epochDue()
  return op.kind === 'admit'
}
