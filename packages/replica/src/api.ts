/** One running device as a screen sees it: views to read, commands to call. Nothing here waits for a network. */
import type { Inspector } from './inspection.ts'
import type { DeviceId, InvitationId, ScopeId, TopicId, UserId, View } from '@poruch/base'

export type RoleName = 'viewer' | 'commenter' | 'editor' | 'admin' | 'owner'

/** How a person's device is reached at this moment. */
export type Reach = 'direct' | 'relay' | 'none'

export interface MemberView {
  readonly user: UserId
  /** Empty until the member's own name has arrived. */
  readonly name: string
  readonly role: RoleName
  readonly isMe: boolean
  readonly reach: Reach
  /** One of their devices was heard of within minutes. */
  readonly isHere: boolean
  /** 60 digits over my and this member's roots, in groups of five. */
  readonly safetyNumber: string
}

/** A channel's topic prefix, or a person for a private chat. */
export type ConversationId = { readonly kind: 'channel'; readonly prefix: string } | { readonly kind: 'direct'; readonly user: UserId }

export interface ConversationSummary {
  readonly id: ConversationId
  readonly title: string
  readonly lastText: string
  readonly lastWallTime: number | null
  readonly unread: number
}

/** Where a message of one's own has got to; for those of others always `received`. */
export type Delivery =
  /** Shown, and not yet on this device's disk: a crash now loses it. */
  | { readonly state: 'writing' }
  | { readonly state: 'device' }
  | { readonly state: 'relay' }
  | { readonly state: 'peers'; readonly count: number }
  | { readonly state: 'received' }

export interface MessageView {
  readonly id: string
  readonly author: UserId
  readonly authorName: string
  readonly mine: boolean
  readonly text: string
  /** The author's clock in milliseconds: shown, never ordered by. */
  readonly wallTime: number
  readonly delivery: Delivery
  /**
   * Who took its content from everybody; an empty name has not arrived. The text is empty then, and `wallTime` that of the message beside
   * it, or 0.
   */
  readonly erased?: { readonly by: UserId; readonly name: string }
}

export interface ConversationView {
  readonly id: ConversationId
  readonly title: string
  readonly messages: readonly MessageView[]
  /** Until what this device has stored of it is read: more messages may be there than are shown. */
  readonly isReading: boolean
  /** Who is typing here now, oneself apart; empty names have not arrived. */
  readonly typing: readonly { readonly user: UserId; readonly name: string }[]
  /** Null when writing is possible; otherwise why not: a code that the client translates. */
  readonly readOnly: 'removed' | 'other-removed' | 'waiting-for-key' | 'viewer' | null
}

/** A text that was typed and not sent. */
export interface Draft {
  readonly conversation: ConversationId
  readonly text: string
}

export interface InvitationView {
  readonly id: InvitationId
  readonly role: RoleName
  readonly expiresAtMs: number
  readonly maxUses: number
  readonly uses: number
  readonly state: 'open' | 'closed' | 'expired'
}

export interface JoinRequestView {
  readonly user: UserId
  readonly invitation: InvitationId
  readonly name: string
  readonly role: RoleName
  readonly safetyNumber: string
}

/** Messages that a cut voids: written before their author could know of the removal, or after it. An admin decides. */
export interface LateMessage {
  readonly id: string
  readonly conversation: ConversationId
  readonly author: UserId
  readonly authorName: string
  readonly text: string
  readonly wallTime: number
}

/** A member made an owner, or an owner made something else: more than half of the owners must agree. */
export interface OwnerChange {
  readonly user: UserId
  readonly role: RoleName
}

/** Another one to order the log: its public key, in hexadecimal. More than half of the owners must agree; one of them takes it over then. */
export interface RelayChange {
  readonly sequencer: string
  /** Whose device it is, where a member's is to order in the relay's place. */
  readonly steward: UserId | null
}

/** Who has agreed, and how many owners must. */
export interface Agreement {
  readonly by: readonly UserId[]
  readonly needed: number
}

/** One that waits. Any change of the owners ends changes of owners that wait; another relay ends changes of the relay. */
export type OwnerProposal = (OwnerChange | RelayChange) & Agreement

export interface WorkspaceView {
  readonly scope: ScopeId
  readonly name: string
  readonly myRole: RoleName | 'none'
  readonly members: readonly MemberView[]
  readonly conversations: readonly ConversationSummary[]
  readonly invitations: readonly InvitationView[]
  readonly requests: readonly JoinRequestView[]
  readonly late: readonly LateMessage[]
  /** Empty for who is no owner. */
  readonly proposals: readonly OwnerProposal[]
}

export interface ConnectionView {
  readonly relay: {
    readonly state: 'connected' | 'connecting' | 'offline' | 'refused'
    readonly origin: string
    readonly code: string | null
  }
  readonly peers: readonly {
    readonly user: UserId
    readonly name: string
    readonly transport: 'webrtc'
    readonly roundTripMs: number | null
  }[]
  /** Envelopes of one's own that the relay has not acknowledged. */
  readonly unsent: number
  /** Membership changes waiting for the sequencer. */
  readonly waitingChanges: number
  /** The member whose device orders changes in a relay's place; null while a relay does. */
  readonly steward: { readonly user: UserId; readonly name: string; readonly isThisDevice: boolean } | null
  /** The member whose device orders changes and is not linked; null where a relay does, or it is. */
  readonly waitsFor: { readonly user: UserId; readonly name: string } | null
  /**
   * Since when two other members (one, where there is one) have not confirmed that this device knows of every change: what is written may
   * be read by people removed since. Null while they have within five minutes, and where nobody else is.
   */
  readonly staleSinceMs: number | null
}

/**
 * What was seen that no honest relay or member does, or that cannot be ruled out.
 * `equivocation`: a device signed two envelopes for one place · `false-pack`: it signed a pack that says what nobody wrote, or hides it · `sequencer-fraud`: the relay ordered two entries at one position; the log
 * stands still until the owners replace it · `forged-log`: the relay, or a member's device, sent an entry that the log's rules refuse ·
 * `foreign-device`: one that would let a device in · `views-differ`: another member was shown another log, or a part of it ·
 * `not-fresh`: nobody else's device has confirmed for a while that this is all there is · `withheld`: an envelope that is known to be
 * there is not given · `rolled-back`: the relay shows less than it has shown before · `relay-changed`: another relay answers at the address ·
 * `chain-elsewhere`: this device's own messages were found elsewhere and are not here: it is a copy, and does not write.
 */
export const alarmCodes = [
  'equivocation',
  'false-pack',
  'sequencer-fraud',
  'forged-log',
  'foreign-device',
  'views-differ',
  'not-fresh',
  'withheld',
  'rolled-back',
  'relay-changed',
  'chain-elsewhere',
] as const
export type AlarmCode = (typeof alarmCodes)[number]

export interface Alarm {
  readonly code: AlarmCode
  /** Who did it, where that is known. */
  readonly user?: UserId
  readonly device?: DeviceId
  readonly topic?: TopicId
  readonly scope?: ScopeId
  /** Milliseconds since 1970 by this device's clock: when it was first seen, for `not-fresh` the last time that it was not so. */
  readonly sinceMs: number
}

/** Where this device stands on its way into a workspace. */
export type Phase =
  | { readonly name: 'blank' }
  | {
      readonly name: 'requesting'
      readonly state: 'sending' | 'waiting' | 'denied' | 'failed'
      readonly code: string | null
      /** As the admin who decides sees it (`JoinRequestView.safetyNumber`); absent until that can be computed here. */
      readonly safetyNumber?: string
    }
  /** From the words: on its way, or interrupted before it had begun (`code`), so that it may be asked for again. */
  | { readonly name: 'recovering'; readonly state: 'working' | 'failed'; readonly code: string | null }
  | { readonly name: 'member' }
  /** Removed or left: the copy stays readable. */
  | { readonly name: 'former' }

/** One of the devices of one's own user. */
export interface OwnDevice {
  readonly device: DeviceId
  /** In the order in which they were added, from 1. */
  readonly number: number
  readonly isThis: boolean
  /** False once it was revoked. */
  readonly isLive: boolean
}

export interface Replica extends Inspector {
  readonly phase: View<Phase>
  readonly workspace: View<WorkspaceView | null>
  readonly connection: View<ConnectionView>
  /** Of all tabs of this device, over restarts. */
  readonly drafts: View<readonly Draft[]>
  /** Oldest first; those that can pass do so by themselves, the others stay over restarts. */
  readonly alarms: View<readonly Alarm[]>
  /** One's own devices in the order in which they were added; empty before one is a member. */
  readonly devices: View<readonly OwnDevice[]>
  /** The 24 recovery words of an account made here, over restarts and in all tabs, until `wordsWritten`; null otherwise. */
  readonly words: View<readonly string[] | null>
  /** Resolves when commands need not wait any more; rejects when what is stored cannot be read: nothing works then. */
  readonly opened: Promise<void>
  /** The same view for the same conversation; it is filled as soon as the copy on this device has been read. */
  conversation(id: ConversationId): View<ConversationView>

  /** Resolves when the genesis is durable here and at the relay; answers the 24 recovery words. @throws ReplicaError */
  createWorkspace(options: {
    name: string
    displayName: string
    origin: string
    /** Base64url, from the setup link. */
    setupSecret: string
    /** Of the first channel, in the founder's language. */
    channelTitle?: string
  }): Promise<{ words: readonly string[] }>
  /** Sends the request and goes on by itself until it is answered, over restarts too. @throws ReplicaError `bad-link` */
  requestJoin(options: { link: string; displayName: string }): Promise<{ words: readonly string[] }>
  /** The words are on paper: from now on they are kept nowhere. */
  wordsWritten(): Promise<void>
  /** The devices of the user whose 24 words these are; changes nothing. @throws ReplicaError `bad-words` | `unknown-words` | `not-online` | `refused` */
  findAccount(options: { words: string; origin: string }): Promise<{ devices: readonly OwnDevice[] }>
  /**
   * Makes this blank device one of the user's, with all that they could read, and ends the devices in `revoke`. Resolves when it is a
   * member's. @throws ReplicaError as `findAccount`; `already-member`
   */
  recover(options: { words: string; origin: string; revoke: readonly DeviceId[] }): Promise<void>
  /** @throws ReplicaError `not-online` when the sequencer cannot be reached: membership changes are made by it alone. */
  createInvitation(options: {
    role: 'viewer' | 'commenter' | 'editor'
    validForMs: number
    maxUses: number
    approval: boolean
  }): Promise<{ link: string }>
  /** The link of an invitation made on this device; null of others. */
  invitationLink(id: InvitationId): Promise<string | null>
  revokeInvitation(id: InvitationId): Promise<void>
  admit(request: JoinRequestView): Promise<void>
  deny(request: JoinRequestView): Promise<void>
  removeMember(user: UserId): Promise<void>
  leave(): Promise<void>
  /**
   * An owner's word for a change of owners, signed and shown to all owners; with enough of them it is ordered at once, or by whoever sees
   * the last one. @throws ReplicaError `refused` with `no-right` | `not-member` | `no-change` | `last-owner` | `no-owner`
   */
  propose(change: OwnerChange): Promise<'ordered' | 'waiting'>
  /** The same word for what another owner has proposed; a change of the relay then waits for who makes it. */
  approve(proposal: OwnerChange | RelayChange): Promise<'ordered' | 'waiting'>
  /** Takes one's own word back, where the change has not been ordered. */
  withdraw(proposal: OwnerChange | RelayChange): Promise<void>
  createChannel(title: string): Promise<ConversationId>
  /** Durable on this device when it resolves, whatever the network does. @throws ReplicaError `too-long` | `read-only` | `disk-full` */
  send(conversation: ConversationId, text: string): Promise<void>
  /**
   * Takes a message of one's own, or as an admin anybody's, from all devices and relays, with whatever was written within the same 50 ms.
   * @throws ReplicaError `refused` with the reason `no-target` | `not-erasable`; `read-only`
   * for who may not; as `send`
   */
  erase(conversation: ConversationId, messageId: string): Promise<void>
  markRead(conversation: ConversationId): Promise<void>
  /** Tells the others there, who forget it within seconds; told again while it goes on, and ended by a message. */
  setTyping(conversation: ConversationId, isTyping: boolean): void
  admitLate(message: LateMessage): Promise<void>
  /** Ends another of one's own devices: what is known here of its writing stands, and it opens nothing that comes later. */
  revokeDevice(device: DeviceId): Promise<void>
  /** One's own name for the others; it needs no network. @throws ReplicaError `empty` | `too-long` */
  setDisplayName(name: string): Promise<void>
  /**
   * In `drafts` at once, durable within a second, or when `after` has settled: what is being sent stays on the disk as a draft until it is
   * there as a message. An empty text ends the draft. @throws ReplicaError `too-long`
   */
  writeDraft(conversation: ConversationId, text: string, after?: Promise<unknown>): Promise<void>
  /**
   * Takes the workspace to another relay, of which an owner has the setup secret; others follow with its address alone. Conversations are
   * to be asked for anew afterwards. `waiting`: this owner's word is given, and more of them are needed; called again then, it moves. @throws ReplicaError `bad-link` | `not-online`; `refused` with the reason
   */
  moveRelay(options: { origin: string; setupSecret?: string }): Promise<'ordered' | 'waiting'>
  /**
   * Makes this owner's device the one that orders changes of membership: for a team that has no relay any more. `waiting` as above.
   * @throws ReplicaError `refused` with the log's reason
   */
  becomeSteward(): Promise<'ordered' | 'waiting'>
  close(): Promise<void>
}
