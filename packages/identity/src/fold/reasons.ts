/** Why a batch of records is refused. */

export type FoldReason =
  /** Not canonical, not readable, or over a bound. */
  | 'bad-bytes'
  | 'bad-signature'
  | 'bad-countersignature'
  | 'wrong-scope'
  /** The entry does not follow the head. */
  | 'bad-position'
  | 'no-genesis'
  | 'second-genesis'
  | 'kind-not-yet'
  | 'op-not-yet'
  | 'author-unknown'
  | 'author-no-member'
  /** The entry names another head of its author's user log than the one pinned. */
  | 'author-head'
  | 'no-right'
  | 'not-member'
  | 'already-member'
  | 'too-many-members'
  | 'last-owner'
  | 'owner-first-unmade'
  | 'bad-approval'
  | 'no-majority'
  | 'no-change'
  /** The cut list does not have the entry's root, or one is there that should not be, or missing. */
  | 'bad-cut'
  | 'bad-user-log'
  | 'no-keys'
  | 'device-taken'
  | 'one-revocation'
  | 'bad-generation'
  | 'bad-readers'
  | 'bad-wrap'
  | 'invitation-unknown'
  | 'invitation-known'
  | 'invitation-closed'
  | 'invitation-expired'
  | 'invitation-reused'
  | 'invitation-role'
  | 'bad-invitation'
  | 'bad-request'
  | 'needs-admin'
  | 'prefix-used'
  | 'bad-doc'
  | 'unknown-doc'
  | 'unknown-device'
  /** The sequencer has ordered two entries at one position: only SetSequencer goes on. */
  | 'frozen'
  | 'bad-term'
  /** A key that orders here, or once did. */
  | 'sequencer-used'
  /** Below a Checkpoint, an earlier take-over, or the state that was imported. */
  | 'below-checkpoint'
  | 'no-take-over'
  | 'no-branch'
  | 'too-many-branches'
  | 'no-fraud'
  /** The state is not the one committed to. */
  | 'bad-state'
  /** A Checkpoint of a device that the newcomer does not know. */
  | 'untrusted'

export type Refused = { readonly ok: false; readonly reason: FoldReason }
/** Null when the entry is good and the draft holds what it did. */
export type Verdict = Refused | null

export function refuse(reason: FoldReason): Refused {
  return { ok: false, reason }
}
