/** What a replica is given by its place: a browser, a test, the simulator. */
import type { Bytes, Clock, DeviceId, Random } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { checkUpdate } from '@poruch/model'
import type { BulkReader, FrameLink, LogStore, Sync, SyncOptions } from '@poruch/sync'

/** Handles of keys (CryptoKeys) that an earlier version kept outside of the store's records. */
export interface OlderKeys {
  loadKey(name: string): Promise<unknown>
}

/** How a device shows the relay who it is. */
export interface SessionIdentity {
  readonly device: DeviceId
  readonly kind: 'device' | 'invitation' | 'setup' | 'recovery' | 'seed'
  /** The proof of docs/PROTOCOL.md, "Relay over HTTP", for this challenge. */
  proof(challenge: Bytes): Promise<Bytes>
  sign(domain: string, message: Bytes): Promise<Bytes>
}

export type RelayState =
  | { readonly name: 'connecting' }
  | { readonly name: 'offline' }
  | { readonly name: 'refused'; readonly code: string }
  | { readonly name: 'connected' }

export interface RelayHandlers {
  onState(state: RelayState): void
  /** A session is open; its link's end is the session's end. `relayKey` is the relay's sequencer key. */
  onSession(session: { readonly link: FrameLink; readonly bulk: BulkReader; readonly relayKey: Bytes }): void
}

export interface RelayPort {
  /** Keeps one session with the relay open, reconnecting with back-off, until the signal aborts. */
  keep(options: {
    readonly origin: string
    readonly identity: SessionIdentity
    readonly handlers: RelayHandlers
    readonly signal: AbortSignal
  }): void
}

export interface PeerNetwork {
  /** The transport keys (hexadecimal) of the devices that should be connected; others are hung up. */
  setWanted(transportKeys: readonly string[]): void
  roundTripMs(transportKey: string): number | null
}

export interface PeersPort {
  /** Starts the direct network, signalled through the relay at `origin`. */
  open(options: {
    readonly origin: string
    readonly transportSeed: Bytes
    allow(transportKey: string): boolean
    onLink(transportKey: string, link: FrameLink): void
    readonly signal: AbortSignal
  }): Promise<PeerNetwork>
}

/** Words for the moment between the tabs of this device; nothing of them is kept. Messages are structured clones. */
export interface TabsPort {
  post(message: unknown): void
  /** Hears what other tabs post; the returned function unsubscribes. */
  onMessage(listener: (message: unknown) => void): () => void
}

export interface ReplicaPorts {
  readonly suite: Suite
  readonly random: Random
  readonly clock: Clock
  readonly store: LogStore
  /** Absent where no earlier version has been. */
  readonly olderKeys?: OlderKeys
  readonly relay: RelayPort
  /** Null where no direct network exists. */
  readonly peers: PeersPort | null
  /** Absent where there is one tab only. */
  readonly tabs?: TabsPort
  /**
   * A screen waits: what the last session has shown of the workspace is shown at once, and the log is read when this resolves, after
   * that is painted. Absent, a replica is open when its log is read.
   */
  whenShown?(): Promise<void>
  /** Opens the sync engine; absent, it is that of `@poruch/sync`. A test may run a device over an engine with one part replaced. */
  openSync?(options: SyncOptions): Sync
  /** Judges the updates of others; absent, it is that of `@poruch/model`. A test may run a device with a part of it taken out. */
  readonly checkUpdate?: typeof checkUpdate
  /** Entries between two Checkpoints of an owner's device; absent, the package's own number. A test's log is short. */
  readonly checkpointEntries?: number
  /** Hears one line per lifecycle transition and per swallowed fault; never content. */
  log?(event: string, detail?: Readonly<Record<string, string | number>>): void
}
