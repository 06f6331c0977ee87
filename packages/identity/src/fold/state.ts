/** What a scope's log has come to: tables of immutable rows, each with its history by position. */
import type { Bytes, DeviceId, EntryId, EnvelopeId, InvitationId, ScopeId, TopicId, UserId } from '@poruch/base'
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

/** One member's word for a frontier. */
export interface AnchorVote {
  readonly pos: number
  readonly user: UserId
  readonly byAdmin: boolean
  /** How many users' words confirmed an anchor at that time. */
  readonly needed: number
}

/** A snapshot's frontier in one topic, and who stands for it. */
export interface Anchor {
  readonly snapshot: Bytes
  readonly frontierRoot: Bytes
  /** Keyed by topic and device. */
  readonly rows: ReadonlyMap<string, ChainEnd>
  readonly votes: readonly AnchorVote[]
}

/** The single values; replaced as a whole. */
export interface Globals {
  readonly scope: ScopeId | null
  readonly head: { readonly pos: number; readonly id: EntryId } | null
  readonly sequencer: Bytes | null
  /** How often owners have replaced the sequencer, and the position of the last time; 0 for the genesis. */
  readonly term: number
  readonly termPos: number
  /** The positions of all of them, in order. */
  readonly takeOvers: readonly number[]
  readonly formerSequencers: readonly Bytes[]
  /** The position of the last Checkpoint; −1: none. */
  readonly checkpointPos: number
  readonly historyPolicy: number
  readonly owners: readonly UserId[]
  readonly ownerTerm: number
  readonly memberCount: number
  /** Members who may write content: editors and above. */
  readonly editorCount: number
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
  readonly anchors: Table<TopicId, readonly Anchor[]>
  /** Terms in which the sequencer was proven to have ordered two entries at one position; the value is that position. */
  readonly frauds: Table<number, number>
  /** Keyed by the id of the first entry: what is known of entries that were ordered beside this log. */
  readonly branches: Table<EntryId, Branch>
  /** Who was removed beside this log, and where; until an entry of this log speaks of them. */
  readonly elsewhere: Table<UserId, number>
}

/** Who the owners were at some position, and with which devices they could sign. */
export interface Owners {
  readonly users: readonly UserId[]
  readonly devices: ReadonlyMap<DeviceId, UserId>
}

export interface Branch {
  /** Of the sequencer that ordered it. */
  readonly term: number
  readonly end: number
  readonly owners: History<Owners>
}

const nothing: Globals = {
  scope: null,
  head: null,
  sequencer: null,
  term: 0,
  termPos: 0,
  takeOvers: [],
  formerSequencers: [],
  checkpointPos: -1,
  historyPolicy: 0,
  owners: [],
  ownerTerm: 0,
  memberCount: 0,
  editorCount: 0,
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
    anchors: makeTable(),
    frauds: makeTable(),
    branches: makeTable(),
    elsewhere: makeTable(),
  }
}

/** All tables, for what is done to each of them alike. */
export function tablesOf(state: State): readonly Pick<Table<never, never>, 'commit' | 'discard' | 'mark'>[] {
  return Object.values(state)
}

/** The committed single values. */
export function globalsOf(state: State): Globals {
  return state.globals.get('globals') ?? nothing
}

/** The single values as the running batch sees them. */
export function draftGlobals(state: State): Globals {
  return state.globals.draft('globals') ?? nothing
}

/** Whether the present sequencer was proven to have ordered two entries at one position; as the running batch sees it. */
export function isFrozen(state: State): boolean {
  return state.frauds.draft(draftGlobals(state).term) !== undefined
}

export function changeGlobals(state: State, change: Partial<Globals>): void {
  state.globals.set('globals', { ...draftGlobals(state), ...change })
}

/** The length of the hexadecimal index of a device: 8 bytes. */
export const indexLength = 16
