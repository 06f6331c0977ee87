/** The relay's durable order of sealed bytes; one contract suite for every database. */
import { CodedError } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'

export interface RelayRow {
  readonly topic: TopicId
  /** The relay's own order within the topic, from 1, without holes. */
  readonly relaySeq: number
  readonly id: EnvelopeId
  readonly device: DeviceId
  readonly deviceSeq: number
  readonly bytes: Bytes
}

export type Appended =
  | { readonly ok: true; readonly relaySeq: number; readonly known: boolean }
  | { readonly ok: false; readonly reason: 'chain' | 'fork' }

/** A scope-log record as stored, with its position. */
export interface ScopeRow {
  readonly scope: string
  readonly pos: number
  readonly record: Bytes
}

/** Sealed keys, direct epochs, user logs, join requests, accounts: small records in one growing order per collection and group. */
export interface SideRow {
  readonly collection: string
  /** The scope, user or invitation that it belongs to. */
  readonly group: string
  /** Unique within collection and group; a second put of the same key replaces nothing and answers the first cursor. */
  readonly key: string
  /** Order of arrival within collection and group, from 1. */
  readonly cursor: number
  readonly value: Bytes
}

/** A pack or snapshot of a topic, as its author has sealed it. */
export interface CompactRow {
  readonly topic: TopicId
  /** As in the envelope: 3 snapshot, 4 pack. Each kind of a topic has an order of its own. */
  readonly kind: number
  readonly id: EnvelopeId
  /** The one of its kind that it follows, or null. */
  readonly prev: EnvelopeId | null
  readonly device: DeviceId
  readonly bytes: Bytes
  /** Milliseconds since 1970. */
  readonly storedAtMs: number
}

export interface StoredCompact extends CompactRow {
  /** Its place in the order of its kind, from 1. */
  readonly place: number
  /** The last relaySeq of the rows that were trimmed because of it; 0 for none. */
  readonly standsForSeq: number
}

/** The end of one device's chain in a topic. */
export interface ChainEnd {
  readonly device: DeviceId
  readonly deviceSeq: number
}

/** All promises resolve after the commit is durable, and only then: reads too, of what they saw. @throws RelayLogError */
export interface RelayLog {
  /**
   * Appends where the device's chain in the topic ends at deviceSeq − 1. The same id again is answered with its first relaySeq.
   * `chain`: the previous envelope is not here; `fork`: another envelope has this device and seq.
   */
  append(row: Omit<RelayRow, 'relaySeq'>): Promise<Appended>
  /**
   * Appends where the device's chain ends anywhere before, or nowhere: the pack, which is here, and those before it stand for what is
   * missing in between. Answers as `append`; `chain` where the chain goes beyond.
   */
  adopt(row: Omit<RelayRow, 'relaySeq'>, pack: EnvelopeId): Promise<Appended>
  /** Puts these bytes in the place of an envelope's; nothing where it is not here. */
  erase(topic: TopicId, id: EnvelopeId, bytes: Bytes): Promise<void>
  head(topic: TopicId): Promise<{ readonly relaySeq: number; readonly id: EnvelopeId | null }>
  /** The row at a relaySeq, or null. */
  at(topic: TopicId, relaySeq: number): Promise<RelayRow | null>
  /** The end of one device's chain in a topic, or null. */
  chainHead(topic: TopicId, device: DeviceId): Promise<RelayRow | null>
  /** The row of one device's chain in a topic at a deviceSeq, or null: what a check of a repeated envelope or of a cut needs. */
  chainAt(topic: TopicId, device: DeviceId, deviceSeq: number): Promise<RelayRow | null>
  /** Rows after `relaySeq` in order, at most `limit`. */
  read(topic: TopicId, afterRelaySeq: number, limit: number): Promise<readonly RelayRow[]>
  /** All or nothing; positions must continue the scope's log. */
  appendScope(rows: readonly ScopeRow[]): Promise<void>
  /** In the place of all that is there from the first position on, damaged or not; all or nothing. Not beyond the log's end: `moved`. */
  replaceScope(rows: readonly ScopeRow[]): Promise<void>
  readScope(scope: string, fromPos: number, limit: number): Promise<readonly ScopeRow[]>
  scopes(): Promise<readonly string[]>
  putSide(row: Omit<SideRow, 'cursor'>): Promise<{ readonly cursor: number; readonly known: boolean }>
  readSide(collection: string, group: string, afterCursor: number, limit: number): Promise<readonly SideRow[]>
  deleteSide(collection: string, group: string, key: string): Promise<void>
  /**
   * Compares and sets: stored where `prev` is the last one of its kind. `moved` when another one is; nothing is written then. With
   * `inPlaceOf`, which must be the one that follows `prev`, that one goes and whatever follows it.
   */
  putCompact(row: CompactRow, inPlaceOf?: EnvelopeId): Promise<'stored' | 'known' | 'moved'>
  /**
   * Puts these bytes in the place of a pack's, of which nothing else is kept, and lets the pack `by` stand for whatever that one stood for.
   * Nothing where it is not here.
   */
  replaceCompact(topic: TopicId, id: EnvelopeId, bytes: Bytes, by: EnvelopeId): Promise<void>
  /** In order from after `place`, at most `limit`; one that is damaged on the disk comes without its bytes. */
  readCompacts(topic: TopicId, kind: number, afterPlace: number, limit: number): Promise<readonly StoredCompact[]>
  /** Deletes each device's rows before these ends, but never the end of a chain: the pack stands for them from now on. */
  trim(topic: TopicId, pack: EnvelopeId, ends: readonly ChainEnd[]): Promise<void>
  /** Calls `changed` after each commit that touched the topic, with its new head. */
  watch(changed: (topic: TopicId, relaySeq: number) => void): () => void
  close(): Promise<void>
}

/** `locked`: another process has it open; `not-a-database`: the file is something else; `damaged`: it is not as it was written; `moved`: the scope's log does not end where the rows begin. */
export type RelayLogErrorCode =
  | 'disk-full'
  | 'newer-version'
  | 'closed'
  | 'locked'
  | 'not-a-database'
  | 'unwritable'
  | 'moved'
  | 'damaged'
  | 'storage-failed'

export class RelayLogError extends CodedError<RelayLogErrorCode> {}
