/** The ports of sync: what it needs of storage, of membership, of the documents and of the network. */
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'

/** The last envelope of one device's chain in one topic. */
export interface Head {
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
  readonly pos: number
  readonly lamport: number
}

/** An envelope as stored. Everything but `bytes` is derived from it when it was checked. */
export interface LogRow {
  readonly device: DeviceId
  readonly seq: number
  readonly id: EnvelopeId
  readonly prev: EnvelopeId | null
  readonly pos: number
  readonly lamport: number
  readonly gen: number
  readonly kind: number
  /** `sealed`: authentic, not opened yet or not openable by this version; `opened`: inner read and well formed; `refused`: authentic, content against the rules. */
  readonly state: 'sealed' | 'opened' | 'refused'
  readonly bytes: Bytes
}

/** How far one relay's order of a topic has been read, and what that relay is known to hold. */
export interface Cursor {
  readonly seq: number
  /** The id of the envelope at `seq`; null at 0. */
  readonly id: EnvelopeId | null
  /** Contiguous seq per device that the relay is known to hold. */
  readonly holds: Readonly<Record<DeviceId, number>>
}

/** A pack as it is kept here: its envelope, or what is left of it, and the one that it follows. */
export interface StoredPack {
  readonly id: EnvelopeId
  readonly prev: EnvelopeId | null
  readonly author: DeviceId
  readonly bytes: Bytes
  /** When it was kept here; milliseconds since 1970. */
  readonly keptAtMs: number
}

export type StoreChange = { readonly topic: TopicId } | { readonly collection: string } | { readonly cursor: TopicId }

/** The device's own copy. Every write is durable when its promise resolves. One implementation per place; one contract suite. */
export interface LogStore {
  /**
   * Appends where the device's chain in the topic ends at `expected` (0 for none), in one durable transaction.
   * `known` when the same id is there already, `head-moved` when the chain ends elsewhere. Nothing is written then.
   * @throws SyncError `disk-full` or `store-closed`
   */
  append(topic: TopicId, expected: number, row: LogRow): Promise<'appended' | 'known' | 'head-moved'>
  /**
   * Puts the row in the place of the envelope `inPlaceOf` of the same device and seq; what followed that one goes, in one durable
   * transaction. `head-moved` when another one is there. @throws SyncError `disk-full` or `store-closed`
   */
  rebranch(topic: TopicId, inPlaceOf: EnvelopeId, row: LogRow): Promise<'replaced' | 'head-moved'>
  /**
   * Puts the row in the place of the same envelope as it was before it was erased, also where a pack stands for it. Nothing where another
   * one is. @throws SyncError `disk-full` or `store-closed`
   */
  erase(topic: TopicId, row: LogRow): Promise<void>
  /** Replaces the `state` of rows that are there. */
  setState(topic: TopicId, device: DeviceId, seq: number, state: LogRow['state']): Promise<void>
  heads(topic: TopicId): Promise<readonly Head[]>
  /** Keeps a pack of the topic beside its rows; one that is there already stays as it is. */
  keepPack(topic: TopicId, pack: StoredPack): Promise<void>
  /** Puts the pack in the place of the one with its id: what that held is gone. @throws SyncError `disk-full` or `store-closed` */
  replacePack(topic: TopicId, pack: StoredPack): Promise<void>
  /** In order of id. */
  packs(topic: TopicId): Promise<readonly StoredPack[]>
  /**
   * Lets a pack stand for stretches of chains: the rows from `from` up to the one before `row` go, and `row` is put there where the chain
   * did not reach so far. False, and nothing is written, when a chain holds another envelope in the place of such a row.
   */
  trim(topic: TopicId, stretches: readonly { readonly from: number; readonly row: LogRow }[]): Promise<boolean>
  /** At most `limit` rows of one device from `fromSeq` on, in order of seq; where a pack stands for some, there are holes. */
  read(topic: TopicId, device: DeviceId, fromSeq: number, limit: number): Promise<readonly LogRow[]>
  /** All topics that have rows. */
  topics(): Promise<readonly TopicId[]>
  cursor(relay: string, topic: TopicId): Promise<Cursor>
  setCursor(relay: string, topic: TopicId, cursor: Cursor): Promise<void>
  /** Small named values of the layers above (scope records, keys, settings); sealed at rest by the adapter. */
  getRecord(collection: string, key: string): Promise<Bytes | null>
  /** Writes all or none. A null value deletes. */
  putRecords(writes: readonly { readonly collection: string; readonly key: string; readonly value: Bytes | null }[]): Promise<void>
  /** All of a collection in order of key. */
  listRecords(collection: string): Promise<readonly { readonly key: string; readonly value: Bytes }[]>
  /** The next number of a named counter, from 1; no two callers, in any tab, are given the same. */
  nextCount(counter: string): Promise<number>
  /** Calls `changed` when a row was appended, a record or the cursor of a topic written, here or in another tab. */
  watch(changed: (change: StoreChange) => void): () => void
  close(): Promise<void>
}

/** What membership says of one envelope, needing no secret; relays and peers ask the same. */
export interface EnvelopeAuthority {
  /** The scope that a topic belongs to, or null when it is unknown here. */
  scopeOf(topic: TopicId): ScopeId | null
  /** The device with these first 8 bytes (16 hexadecimal characters), live or not. */
  deviceByIndex(topic: TopicId, index: string): DeviceId | null
  /** The entry id at that position of the log that judges this topic, or null when it is not known here (yet). */
  headIdAt(topic: TopicId, pos: number): EntryId | null
  /**
   * The entry that a header's position and hint stand for, and where the envelope is judged: there, or, where owners have left what stood there, at the
   * last position in common. `unknown`: the log does not reach so far; `differs`: no entry that is known begins so.
   */
  headOf(topic: TopicId, pos: number, hint: string): { readonly id: EntryId; readonly pos: number } | 'unknown' | 'differs'
  /** The last position in common with what owners have left at `pos`; null where they left nothing. */
  leftAt(topic: TopicId, pos: number): number | null
  /** The user whose right covers writing this topic by that device at that position, or a reason. */
  authorAt(topic: TopicId, device: DeviceId, pos: number): { readonly user: UserId } | { readonly refused: 'no-right' | 'unknown-topic' }
  /** Whether that device may say again, in a pack or snapshot, what the topic holds: editors who may write it. */
  mayCompact(topic: TopicId, device: DeviceId, pos: number): boolean
  /** Whether that device may, at that position, take the content of what the other has written: its own user's, or an admin. */
  mayErase(topic: TopicId, device: DeviceId, pos: number, of: DeviceId): boolean
  /** True for a topic that takes nothing new any more; what is held of it stays. */
  isFrozen(topic: TopicId): boolean
  /**
   * The epoch that a header's gen names for an envelope on an entry which owners have left, where the log that stands has none: `unknown` until
   * somebody has shown it, null where it does not follow from the log.
   */
  leftEpoch?(topic: TopicId, head: EntryId, gen: number): EpochId | 'unknown' | null
  /** The epoch that a header's gen names, if it may seal at that position. */
  epochFor(topic: TopicId, device: DeviceId, gen: number, pos: number): EpochId | 'unknown' | 'too-old'
  /** Whether a cut voids it. `onChain` as in the scope's fold. */
  standing(
    topic: TopicId,
    place: { device: DeviceId; seq: number; id: EnvelopeId; pos: number },
    onChain: (seq: number, id: EnvelopeId) => boolean,
  ): 'stands' | 'void'
}

/** An entry that owners have left, and the epoch that an envelope on it was sealed under, where that was opened on the same stretch. */
export interface LeftHead {
  readonly pos: number
  readonly head: EntryId
  readonly epoch: { readonly gen: number; readonly id: EpochId } | null
}

/** What a member's own device adds to it. */
export interface Authority extends EnvelopeAuthority {
  /** Newest position and entry known of the log that judges this topic. */
  head(topic: TopicId): { readonly pos: number; readonly id: EntryId } | null
  /** The raw epoch key, when this device can open it. */
  epochKey(topic: TopicId, epoch: EpochId): Promise<Bytes | null>
  /** The epoch to write under now, or why nothing can be written. */
  writingEpoch(
    topic: TopicId,
  ): Promise<{ readonly gen: number; readonly id: EpochId } | { readonly waiting: 'no-key' | 'epoch-due' | 'no-right' }>
  /** Whether all who can open the one epoch can open the other too: an older one that it leads back to, or itself. */
  leadsTo(topic: TopicId, epoch: EpochId, older: EpochId): boolean
  /** Remembers an entry of a stretch that owners have left; durable when it resolves. */
  noteLeftHead?(topic: TopicId, left: LeftHead): Promise<void>
  /** Grows whenever what stands may have changed for this topic. */
  cutVersion(topic: TopicId): number
}

export interface Signer {
  readonly device: DeviceId
  sign(domain: string, message: Uint8Array): Promise<Bytes>
}

/** An opened envelope on its way into a document. */
export interface Opened {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly user: UserId
  readonly seq: number
  readonly id: EnvelopeId
  readonly lamport: number
  /** The clientID counter that the author states. */
  readonly n: number
  /** The updates of the envelope in order; of an erased one what `skeleton` has left. */
  readonly updates: readonly Bytes[]
  readonly isErased?: boolean
  /** Whose Erase it was, where the content is gone. */
  readonly eraser?: DeviceId
}

/** The documents above: they take opened envelopes in causal order. */
export interface Applier {
  /** Takes one envelope's updates, or says why its content is against the rules (nothing is changed then). */
  apply(opened: Opened): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>
  /** What stands has changed: forget the document and take these instead, in causal order, each judged as in `apply`. */
  rebuild(topic: TopicId, opened: readonly Opened[]): Promise<void>
  /** One update that says what these say together, in order; absent where an envelope keeps them apart. */
  merge?(topic: TopicId, updates: readonly Bytes[]): Bytes
  /** What others' content needs of these updates, without any of theirs; always the same bytes. Null where nothing can be erased so. */
  skeleton?(topic: TopicId, updates: readonly Bytes[]): Bytes | null
  /** An opened ephemeral message. */
  ephemeral(topic: TopicId, from: { readonly device: DeviceId; readonly user: UserId }, body: Bytes): void
}

/** A two-way path for frames to a relay or a peer; ordered, lossy only by closing. */
export interface FrameLink {
  /** False when the link is closed or its buffer is over its bound; the frame is then not sent. */
  send(frame: Bytes): boolean
  /** Bytes accepted and not yet on the wire. */
  bufferedBytes(): number
  onFrame(listener: (frame: Bytes) => void): () => void
  /** Called once, also when the link was closed before subscribing. */
  onClose(listener: (reason: string) => void): () => void
  close(reason: string): void
}

/** Catch-up in bulk beside a relay's link. */
export interface BulkReader {
  /** `POST /api/sync`: calls `onFrame` for each frame of the answer in order; resolves at its end. @throws SyncError `offline` | `unauthorised` */
  sync(request: Bytes, onFrame: (frame: Bytes) => Promise<void>, options: { signal: AbortSignal }): Promise<void>
}
