/** What a folded scope log can be asked; the shapes that relay, replica and tests code against. */
import type { DeviceId, EntryId, EnvelopeId, EpochId, InvitationId, Judged, ScopeId, TopicId, UserId, Bytes } from '@poruch/base'
import type { FoldReason } from './fold/reasons.ts'
import type { Role } from './roles.ts'
import type { UserLogState } from './user-log/state.ts'

/** A record as stored and sent: an entry, its countersignature, its cut list. See docs/PROTOCOL.md, "Scope log". */
export type RecordBytes = Bytes

export interface EpochInfo {
  readonly id: EpochId
  readonly gen: number
  /** The position of its entry. */
  readonly pos: number
  readonly keyCommitment: Bytes
  /** Empty, or nonce | the previous epoch's key sealed under this one's. */
  readonly prevWrapped: Bytes
}

export interface MemberInfo {
  readonly user: UserId
  readonly role: Role
  /** Live devices as pinned, in the order they were added. */
  readonly devices: readonly DeviceId[]
  /** The newest pinned per-user key: seal to this. */
  readonly puk: { readonly gen: number; readonly publicKey: Bytes }
  readonly userLogHead: EntryId
  readonly joinedPos: number
}

export interface InvitationInfo {
  readonly id: InvitationId
  readonly role: Role
  readonly expiresAtMs: number
  readonly maxUses: number
  readonly uses: number
  readonly policy: 'approval' | 'auto'
  /** Revoked, used up, its author removed, or closed by a removal; expiry is the clock's matter. */
  readonly closed: boolean
  readonly author: UserId
}

/** What a topic is, at some position: its rule comes from the AddDoc or SetMinimum before it. */
export interface TopicRule {
  readonly kind: number
  /** The role that may write this very topic (`/m` or `/r`). */
  readonly minRole: Role
  readonly addedPos: number
}

/** Where an envelope stands: `stands`; `void` by a cut (kept, unshown, may be admitted late). */
export type Standing = 'stands' | 'void'

export interface EnvelopePlace {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
  readonly pos: number
}

export interface ApplyOptions {
  /** The records are not countersigned yet. */
  readonly proposal?: boolean
  /** Milliseconds since 1970; set by who proposes and who orders, so that expired invitations are refused. Never set when replaying. */
  readonly nowMs?: number
  /**
   * The id of the last of these records, all of which this device has judged before: their signatures are not checked once more,
   * everything else is, and a chain that ends elsewhere is `bad-position`. For records alone that nobody else can have changed since.
   */
  readonly judgedTo?: EntryId
}

/** What a take-over changed. */
export interface TakenOver {
  /** Entries that are of this log no more, in order: to be proposed again first. */
  readonly abandoned: readonly { readonly pos: number; readonly id: EntryId }[]
  /** As the value of `apply`. */
  readonly undo: () => void
}

/** Members' words for one snapshot or pack. */
export interface AnchorInfo {
  readonly ends: readonly { readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId }[]
  readonly users: readonly UserId[]
  /**
   * Whether enough members other than this user, its author, stand for it: as many as a cut asks for, one of them an admin where there
   * is another one; the author alone where nobody else may write.
   */
  isConfirmed(author: UserId): boolean
}

/** The state before a Checkpoint, as it committed to it. */
export interface StateExport {
  /** The Checkpoint's position: who imports needs its record too. */
  readonly pos: number
  readonly state: Bytes
}

/** What a branch beside the log says. */
export interface BranchNote {
  /** True when the present sequencer ordered it: from now on `frozen()`. False for one that was replaced. */
  readonly fraud: boolean
  /** Whose membership ended on it. */
  readonly removed: readonly UserId[]
}

/** One scope's log, folded up to its head. Reads are synchronous and cheap; positions are those of this log. */
export interface ScopeFold {
  readonly scope: ScopeId
  /** The last entry, or null before the genesis. */
  head(): { readonly pos: number; readonly id: EntryId } | null
  entryIdAt(pos: number): EntryId | null
  /** The last position that this log has in common with what owners left at `pos` by the last take-over up to there; null where they left nothing. */
  leftAt(pos: number): number | null
  /** The key that countersigns, as of the head. */
  sequencer(): Bytes | null
  /** How often owners have replaced the sequencer; a take-over names the next number. */
  term(): number
  /** The lowest position that a take-over may name as the last one that stands. */
  takeOverFloor(): number
  /** The position of the last Checkpoint, or null. */
  checkpointPos(): number | null
  /** Whether the sequencer was proven to have ordered two entries at one position: only a SetSequencer goes on from there. */
  frozen(): boolean
  /**
   * Whether this user was removed on an abandoned branch, or on one beside this log, and no entry of this log has spoken of them
   * since: nothing may be sealed to them.
   */
  removedOnAnyBranch(user: UserId): boolean
  /** Whether a new epoch wraps the key of the one before. */
  historyPolicy(): 'full' | 'since-join'
  /** How often the set of owners has changed; approvals name it. */
  ownerTerm(): number
  /** The role of a user in the state after `pos`; 0 for strangers. */
  roleAt(user: UserId, pos: number): Role
  /** The user whose device this is and whose log, as pinned after `pos`, has it live; else null. */
  userOf(device: DeviceId, pos: number): UserId | null
  /** The user to whom this log ever pinned the device, live or not. */
  ownerOf(device: DeviceId): UserId | null
  /** The device with these first 8 bytes (16 hexadecimal characters) that this log ever pinned, live or not. */
  deviceByIndex(index: string): DeviceId | null
  /** The libp2p public key (32 bytes, Ed25519) that a live device of a present member stated. */
  transportKeyOf(device: DeviceId): Bytes | null
  members(): readonly MemberInfo[]
  member(user: UserId): MemberInfo | null
  /** The log of a user, as pinned here last; also of a former member. Null for strangers. */
  userLog(user: UserId): UserLogState | null
  topicRuleAt(topic: TopicId, pos: number): TopicRule | null
  /** Prefixes (28 bytes, hexadecimal) with their kinds, in order of AddDoc. */
  docs(): readonly {
    readonly prefix: string
    readonly kind: number
    readonly minWrite: Role
    readonly minReact: Role
    readonly author: UserId
    readonly pos: number
  }[]
  epochs(): readonly EpochInfo[]
  epochByGen(gen: number): EpochInfo | null
  /** The lowest gen that may seal an envelope at `pos`: after a removal, only the epochs from then on. */
  minGenAt(pos: number): number
  /** True when a right was lowered and no epoch has come since: whoever can must rotate before writing. */
  epochDue(): boolean
  invitations(): readonly InvitationInfo[]
  /**
   * What the cuts say of an envelope. `onChain(seq, id)` answers whether the envelope judged is, or comes before, the envelope
   * `id` at `seq` on its device's chain; the caller knows the chain, the fold knows the cuts.
   */
  standing(place: EnvelopePlace, onChain: (seq: number, id: EnvelopeId) => boolean): Standing
  /** A number that grows whenever a cut or late admission has changed what stands. */
  cutVersion(): number
  /** What members have said of a topic's pack or snapshot by anchors; null where nobody has. O(anchors of the topic). */
  anchorOf(topic: TopicId, snapshot: Bytes): AnchorInfo | null
  /** The topics that anchors name, with how many words there are for each. */
  anchored(): readonly { readonly topic: TopicId; readonly words: number }[]
  /**
   * Judges the records as one batch against the head and takes all or none. Countersignatures must be there and right, unless
   * `proposal` is set: then they must be empty, and the sequencer that asks is about to sign. Cost is that of the batch alone.
   * The value undoes the batch, for a commit that failed; it may only be called while the batch is the last one applied.
   */
  apply(records: readonly RecordBytes[], options?: ApplyOptions): Promise<Judged<() => void, FoldReason>>
  /**
   * Takes a branch that begins after an entry of this log and holds a SetSequencer, whose signers must be more than half of the owners
   * at every known position from its `at` on. What was here after that entry is abandoned. Records before the SetSequencer are those
   * of the old sequencer, always countersigned; with `proposal` the others are not yet. O(abandoned entries).
   */
  takeOver(records: readonly RecordBytes[], options?: ApplyOptions): Promise<Judged<TakenOver, FoldReason>>
  /** The root that a Checkpoint written now commits to. O(state). */
  stateRoot(): Promise<Bytes>
  /** What the last Checkpoint committed to, for newcomers; null where there is none. O(state, and entries since). */
  exportState(): Promise<StateExport | null>
  /** Judges entries that were ordered beside this log, from the first that differs on; remembers what they prove, applies none. */
  noteBranch(records: readonly RecordBytes[]): Promise<Judged<BranchNote, FoldReason>>
  /** Two records of one position, both countersigned by the present sequencer: from now on `frozen()`. */
  reportFraud(one: RecordBytes, other: RecordBytes): Promise<Judged<{ readonly pos: number }, FoldReason>>
}
