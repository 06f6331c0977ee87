/** What the relay's core is given, and what it gives to the sockets around it. */
import type { Bytes, Clock, DeviceId, Judged, Random, TopicId } from '@poruch/base'
import type { SigningKey, SignSuite } from '@poruch/crypto/sign'
import type { RelayLog } from '@poruch/sync/relay-log'
import type { Meter } from './meter.ts'

export interface CorePorts {
  readonly log: RelayLog
  readonly suite: SignSuite
  readonly clock: Clock
  readonly random: Random
  /** Countersigns; its public key is the relay's name. */
  readonly sequencerKey: SigningKey
  /** The 16 bytes that let one device create the first workspace; null when none may. */
  readonly setup: Bytes | null
  /** Hears lifecycle events and swallowed faults; never content. */
  note?(event: string, detail?: Readonly<Record<string, string | number>>): void
  /** Hears what is to be provable later: a kind, the device that did it, and codes. */
  audit?(kind: string, deed: AuditDeed): void
  readonly meter?: Meter
  /** Bytes kept of each device, from the database; without it a start counts from nothing. */
  readonly usage?: () => Promise<readonly (readonly [DeviceId, number])[]>
  /** Of each device the first envelope of a topic that the disk has lost; without it nothing is ever lost. */
  readonly holes?: (topic: TopicId) => Promise<readonly { readonly device: DeviceId; readonly deviceSeq: number }[]>
  /** Without them nobody's envelopes are bounded. */
  readonly quotas?: Quotas
}

export interface AuditDeed {
  readonly actor?: DeviceId
  readonly detail?: string
}

/** What may be kept of the envelopes of one device, and of all devices of one account, in bytes. */
export interface Quotas {
  readonly deviceBytes: number
  readonly accountBytes: number
}

/** One socket, seen from the core. */
export interface Sink {
  /** False when the buffer is over its bound or the socket is gone; the frame is then not sent. */
  send(frame: Bytes): boolean
  /** Ends the socket; 4xxx codes are listed in SPEC.md. */
  close(code: number, reason: string): void
}

/** What a socket says to the core. */
export interface CoreLink {
  readonly device: DeviceId
  /** Judges one frame. Resolves when it was taken up and fewer than 64 wait: until then, do not read on. Never rejects. */
  receive(frame: Bytes): Promise<void>
  /** The socket is gone. */
  closed(): void
}

export interface OpenedSession {
  /** 32 bytes. */
  readonly token: Bytes
  readonly sequencer: Bytes
  readonly device: DeviceId
}

export type BulkRefusal = 'unauthorised' | 'bad-request' | 'too-many-requests'

export interface RelayCore {
  /** 32 bytes, good once for 60 s. */
  challenge(): Bytes
  /** The body of `POST /api/session`. Reasons: RE4 in SPEC.md. */
  openSession(request: Bytes): Promise<Judged<OpenedSession>>
  /** The device of a token that may connect now, or null. */
  deviceOf(token: Uint8Array): DeviceId | null
  /** Takes a socket up for a session, closing the device's older one; null when the token is no longer good. */
  connect(token: Uint8Array, sink: Sink): CoreLink | null
  /** The answer to the body of `POST /api/sync`, frame by frame, or why there is none. */
  bulk(token: Uint8Array, body: Bytes): AsyncIterable<Bytes> | BulkRefusal
  /** How many sessions are connected. */
  connected(): number
  /** True while no workspace was created. */
  setupOpen(): boolean
  /** True when the key (32 bytes, hexadecimal) is the transport key of a present member's live device. */
  isTransportKey(publicKey: string): boolean
  /** Calls `listener` after each change of membership; the returned function unsubscribes. */
  onOrdered(listener: () => void): () => void
  /** The disk has lost something of the topic: asks all who follow it. */
  askFor(topic: TopicId): void
  /** Closes all connections. The log stays open: its owner closes it. */
  close(): void
}
