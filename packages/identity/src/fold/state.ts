/** What a scope's log has come to: tables of immutable rows, each with its history by position. */
import type { Bytes, DeviceId, EntryId, EnvelopeId, InvitationId, ScopeId, UserId } from '@poruch/base'
import type { EpochInfo } from '../fold-api.ts'
import type { Role } from '../roles.ts'
import type { UserLogState } from '../user-log/state.ts'
import type { History } from './history.ts'
import { makeTable } from './table.ts'
import type { Table } from './table.ts'

/** A named end of a device's chain in a topic. */
export interface ChainEnd {
  readonly seq: number
  readonly id: EnvelopeId
}

export interface Cut {
  readonly pos: number
  /** The role that the author was left with; a revoked device may write nothing. */
  readonly role: Role
  /** Keyed by topic and device. */
  readonly rows: ReadonlyMap<string, ChainEnd>
}

export interface MinimumCut extends Cut {
  readonly before: Minimum
  readonly after: Minimum
}

export interface Minimum {
  readonly minWrite: Role
  readonly minReact: Role
}

export interface UserRow {
  readonly user: UserId
  readonly log: UserLogState
  readonly roles: History<Role>
  readonly joinedPos: number
  /** True when the last membership ended by RemoveMember: only an admin admits this user again. */
  readonly wasRemoved: boolean
  /** The last position at which this user fell below admin; earlier invitations of theirs are void. */
  readonly lostAdminPos: number
  readonly cuts: readonly Cut[]
}

export interface DeviceRow {
  readonly device: DeviceId
  readonly user: UserId
  readonly addedPos: number
  readonly revokedPos: number | null
  readonly cut: Cut | null
}

export interface DocRow {
  readonly prefix: string
  readonly kind: number
  readonly author: UserId
  readonly addedPos: number
  readonly minimums: History<Minimum>
  readonly cuts: readonly MinimumCut[]
}

export interface InvitationRow {
  readonly id: InvitationId
  readonly role: Role
  readonly expiresAtMs: number
  readonly maxUses: number
  readonly policy: 'approval' | 'auto'
  readonly author: UserId
  readonly pos: number
  readonly revoked: boolean
  readonly uses: number
}

/** A chain end that was admitted after a cut. */
export interface Late extends ChainEnd {
  readonly pos: number
  /** An admin's counts against every earlier cut, the user's own only against the revocation of a lost device. */
  readonly byAdmin: boolean
}

/** The single values; replaced as a whole. */
export interface Globals {
  readonly scope: ScopeId | null
  readonly head: { readonly pos: number; readonly id: EntryId } | null
  readonly sequencer: Bytes | null
  readonly historyPolicy: number
  readonly owners: readonly UserId[]
  readonly ownerTerm: number
  readonly memberCount: number
  readonly epochCount: number
  readonly minGens: History<number>
  readonly epochDue: boolean
  /** `auto` invitations made before this position are closed. */
  readonly autoClosedPos: number
  readonly cutVersion: number
  readonly hasDirectory: boolean
}

export interface State {
  readonly globals: Table<'globals', Globals>
  readonly users: Table<UserId, UserRow>
  readonly devices: Table<DeviceId, DeviceRow>
  readonly indexes: Table<string, DeviceId>
  readonly docs: Table<string, DocRow>
  readonly invitations: Table<InvitationId, InvitationRow>
  /** Keyed by invitation and user: who came in by which. */
  readonly admissions: Table<string, true>
  readonly epochs: Table<number, EpochInfo>
  readonly entries: Table<number, EntryId>
  readonly late: Table<string, readonly Late[]>
}

const nothing: Globals = {
  scope: null,
  head: null,
  sequencer: null,
  historyPolicy: 0,
  owners: [],
  ownerTerm: 0,
  memberCount: 0,
  epochCount: 0,
  minGens: [],
  epochDue: false,
  autoClosedPos: -1,
  cutVersion: 0,
  hasDirectory: false,
}

export function makeState(): State {
  return {
    globals: makeTable(),
    users: makeTable(),
    devices: makeTable(),
    indexes: makeTable(),
    docs: makeTable(),
    invitations: makeTable(),
    admissions: makeTable(),
    epochs: makeTable(),
    entries: makeTable(),
    late: makeTable(),
  }
}

/** The committed single values. */
export function globalsOf(state: State): Globals {
  return state.globals.get('globals') ?? nothing
}

/** The single values as the running batch sees them. */
export function draftGlobals(state: State): Globals {
  return state.globals.draft('globals') ?? nothing
}

export function changeGlobals(state: State, change: Partial<Globals>): void {
  state.globals.set('globals', { ...draftGlobals(state), ...change })
}

/** The length of the hexadecimal index of a device: 8 bytes. */
export const indexLength = 16
