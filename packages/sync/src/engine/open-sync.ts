/** Puts the engine together: topics, sessions, and what is asked of them. */
import { makeCell, makeEmitter } from '@poruch/base'
import type { Bytes, Cell, Clock, DeviceId, Emitter, EnvelopeId, Random, TopicId, View } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import type { Beacon } from '../envelope/beacon.ts'
import { makeEnvelopeKeys } from '../envelope/seal.ts'
import { SyncError } from '../errors.ts'
import { ownHeadWaitMs } from '../limits.ts'
import { openPeerSession } from '../peer/peer-session.ts'
import type { PeerOptions, PeerSession } from '../peer/peer-session.ts'
import type { Compact } from '../compaction/pack.ts'
import type { StalePack } from '../compaction/repacking.ts'
import type { PackReceived, PackWord, Tail } from '../compaction/topic-packs.ts'
import type { Applier, Authority, LogStore, Opened, Signer, StoredPack } from '../ports.ts'
import { makeRelayBook } from '../relay/book.ts'
import type { RelayBook } from '../relay/book.ts'
import { openRelaySession } from '../relay/relay-session.ts'
import type { RelayOptions, RelaySession } from '../relay/relay-session.ts'
import type { Core, SyncLog } from './core.ts'
import { makeBeacons } from './beacons.ts'
import type { Beacons, HeardBeacon, SealedBeacon } from './beacons.ts'
import { makeEphemerals } from './ephemerals.ts'
import type { Ephemerals } from './ephemerals.ts'
import { makeOwnChain } from './own-chain.ts'
import type { HostedSession, SessionHost } from './session.ts'
import { makeTopic } from './topic.ts'
import type { FalsePack, ForkPlace, Topic, TopicEvents, TopicState } from './topic.ts'
import type { Written } from './writer.ts'

export interface SyncOptions {
  readonly suite: Suite
  readonly random: Random
  readonly clock: Clock
  readonly store: LogStore
  readonly authority: Authority
  readonly signer: Signer
  /** Must take a repeated update as nothing, and must not await `write` within a call. */
  readonly applier: Applier
  /** Relays of earlier sessions: what they acknowledged is known before they are reached. */
  readonly relays?: readonly string[]
  readonly log?: SyncLog
}

export interface Sync {
  /** Resolves when the topic's log was handed to the Applier as far as keys and gaps allow. Calling it again does nothing. */
  openTopic(topic: TopicId): Promise<void>
  /**
   * Resolves when the update is durable here, with the envelope that holds it. The first update leaves at once, those that follow within
   * 50 ms go together. `n` is the clientID counter of its author's document.
   * @throws SyncError `no-key` | `epoch-due` | `no-right` | `unknown-topic` | `log-behind` | `not-ready` | `too-large` | `queue-full` |
   * `head-moved` | `refused` | `chain-elsewhere` | `disk-full` | `store-closed` | `closed`; then nothing was kept, unless it is `refused`
   */
  write(topic: TopicId, n: number, update: Bytes): Promise<Written>
  /**
   * Takes the content of an envelope away, for everybody: by its author's devices, or an admin. Resolves when that is durable here.
   * @throws SyncError as `write`; `no-target` | `not-erasable`
   */
  erase(topic: TopicId, place: { readonly device: DeviceId; readonly seq: number }): Promise<Written>
  /** Sends a caret or the like, at most 8 KiB, to whoever is connected. @throws SyncError as `write` */
  ephemeral(topic: TopicId, body: Bytes): Promise<void>
  /** A beacon to be told, now or later. @throws SyncError as `write` */
  sealBeacon(topic: TopicId, says: Beacon): Promise<SealedBeacon>
  /** Tells it to whoever is connected; at once, so that it may be the last word of a device that goes. */
  tellBeacon(beacon: SealedBeacon): void
  /** Hears each beacon of another device that is newer than those heard of its session. */
  onBeacon(listener: (beacon: HeardBeacon) => void): () => void
  /** Has the Applier rebuild the document from the log: what a failed `write` left in it goes. */
  rebuild(topic: TopicId): Promise<void>
  topicState(topic: TopicId): View<TopicState>
  /** Of an open topic: what no pack holds yet. */
  tailOf(topic: TopicId): Promise<Tail>
  /**
   * A pack of that tail, as much as one holds; null where there is nothing to pack. @throws SyncError as `write`
   */
  packTail(topic: TopicId): Promise<Compact | null>
  /** Packs of a topic that are kept here, each after the one that it follows. */
  packsOf(topic: TopicId): Promise<readonly StoredPack[]>
  /** What this device can say of a pack that it keeps, or null. */
  wordOn(topic: TopicId, pack: EnvelopeId): Promise<PackWord | null>
  /** Judges a pack and keeps it. Sessions do this by themselves. */
  takePack(topic: TopicId, pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived>
  /** Lets a pack and those before it stand for their envelopes: call it once enough others have confirmed it. */
  trimBehind(topic: TopicId, pack: EnvelopeId): Promise<void>
  /** Packs here that hold what was erased since. */
  stalePacks(topic: TopicId): Promise<readonly StalePack[]>
  /** Such a pack said again without it, behind the last one; null where an Erase or a key is missing. @throws SyncError as `write` */
  repack(topic: TopicId, pack: EnvelopeId): Promise<Compact | null>
  /** Puts one of its `repacks` in its place, of which the hash is left: call it once enough others have confirmed that. False where it does not fit. */
  replacePack(topic: TopicId, pack: EnvelopeId, by: EnvelopeId): Promise<boolean>
  /** Hears of each pack that is kept; the returned function unsubscribes. */
  onPack(listener: (kept: { readonly topic: TopicId; readonly pack: EnvelopeId }) => void): () => void
  /** What cuts void in an open topic, oldest first per device; at most 1,024. An admin may admit any of them late. */
  voidOf(topic: TopicId): Promise<readonly Opened[]>
  /** `relay` when some relay has acknowledged the envelope. */
  deliveryOf(topic: TopicId, device: DeviceId, seq: number): 'device' | 'relay'
  /** How many connected peers are known to hold the envelope. */
  peersHolding(topic: TopicId, device: DeviceId, seq: number): number
  /** Changes whenever an answer of the two above may have changed. */
  readonly delivery: View<number>
  /** Hears each device that has signed two envelopes for one place: when it is found, and again when the topic is read after a restart. */
  onForked(listener: (fork: ForkPlace) => void): () => void
  /** Hears each pack that its author has signed and that says what is not so; it is not kept. */
  onFalsePack(listener: (pack: FalsePack) => void): () => void
  /**
   * Called once when envelopes of this device are found that were not written here: it is a copy, or was restored from an old state, and
   * from then on every `write` is `chain-elsewhere`.
   */
  onElsewhere(listener: () => void): () => void
  /** Membership, keys or cuts have changed: what waited is tried again, what stands is judged again. All topics when none are named. */
  authorityChanged(topics?: Iterable<TopicId>): Promise<void>
  /** The session ends with its link. At most one per relay at a time. */
  attachRelay(options: RelayOptions): RelaySession
  attachPeer(options: PeerOptions): PeerSession
  /** Ends all sessions and sends off what waits for the batch window. The store stays open. */
  close(): Promise<void>
}

export function openSync(options: SyncOptions): Sync {
  const parts = partsOf(options)
  const { topics, sessions, books, host, delivery, ephemerals, beacons } = parts
  let isClosed = false
  const mustBeOpen = (): void => {
    if (isClosed) throw new SyncError('closed', 'sync was closed')
  }
  const stopWatching = watchTabs(parts)
  return {
    delivery,
    onForked: parts.forked.subscribe,
    onFalsePack: parts.falsePacks.subscribe,
    onElsewhere: parts.core.ownChain.onElsewhere,
    onBeacon: parts.heard.subscribe,
    sealBeacon: beacons.seal,
    tellBeacon: ({ topic, bytes }) => {
      for (const session of sessions) session.sendEphemeral(topic, bytes)
    },
    ...questionsOf(parts),
    openTopic: async (topic) => {
      mustBeOpen()
      await Promise.all([...books.values()].map(async (book) => book.load(topic)))
      await host.topicOf(topic).open()
    },
    write: async (topic, n, update) => {
      mustBeOpen()
      const reading = firstReadOf(parts, topic)
      if (reading) await reading
      return host.topicOf(topic).write(n, update)
    },
    erase: async (topic, place) => {
      mustBeOpen()
      return host.topicOf(topic).erase(place)
    },
    ephemeral: async (topic, body) => {
      mustBeOpen()
      const sealed = await ephemerals.seal(topic, body)
      for (const session of sessions) session.sendEphemeral(topic, sealed)
    },
    rebuild: async (topic) => host.topicOf(topic).rebuild(),
    ...packsOf(parts),
    authorityChanged: async (changed) => {
      const named = changed ? [...changed] : [...topics.keys()]
      await Promise.all(named.map(async (topic) => topics.get(topic)?.reconsider()))
      for (const session of sessions) session.onAuthority()
    },
    attachRelay: (relayOptions) => {
      mustBeOpen()
      return keep(openRelaySession(host, bookOf(parts, relayOptions.relay), relayOptions), sessions)
    },
    attachPeer: (peerOptions) => {
      mustBeOpen()
      return keep(keep(openPeerSession(host, peerOptions), sessions), parts.peers)
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      stopWatching()
      await Promise.all([...topics.values()].map(async (topic) => topic.flush()))
      for (const session of sessions) session.end('closed')
      await Promise.all([...books.values()].map(async (book) => book.save()))
    },
  }
}

interface Parts {
  readonly core: Core
  readonly topics: Map<TopicId, Topic>
  readonly sessions: Set<HostedSession>
  /** Those of the sessions that are with peers. */
  readonly peers: Set<HostedSession>
  readonly books: Map<string, RelayBook>
  readonly delivery: Cell<number>
  readonly ephemerals: Ephemerals
  readonly beacons: Beacons
  readonly heard: Emitter<HeardBeacon>
  readonly kept: Emitter<{ readonly topic: TopicId; readonly pack: EnvelopeId }>
  readonly forked: Emitter<ForkPlace>
  readonly falsePacks: Emitter<FalsePack>
  readonly host: SessionHost
}

function partsOf(options: SyncOptions): Parts {
  const core = coreOf(options)
  const topics = new Map<TopicId, Topic>()
  const sessions = new Set<HostedSession>()
  const peers = new Set<HostedSession>()
  const delivery = makeCell(0)
  const heard: Parts['heard'] = makeEmitter((thrown) => core.log('listener-failed', { error: String(thrown) }))
  const beacons = makeBeacons(core)
  const ephemerals = makeEphemerals(core, { beacons, onBeacon: heard.emit })
  const kept: Parts['kept'] = makeEmitter((thrown) => core.log('listener-failed', { error: String(thrown) }))
  const forked = makeEmitter<ForkPlace>((thrown) => core.log('listener-failed', { error: String(thrown) }))
  const falsePacks = makeEmitter<FalsePack>((thrown) => core.log('listener-failed', { error: String(thrown) }))
  const events: TopicEvents = {
    onMoved: (topic) => {
      for (const session of sessions) session.onMoved(topic)
    },
    onFalsePack: falsePacks.emit,
    onForked: (fork) => {
      forked.emit(fork)
      for (const session of sessions) session.onForked(fork)
    },
  }
  const host: SessionHost = {
    core,
    notePack: (topic, pack) => kept.emit({ topic, pack }),
    takeEphemeral: ephemerals.take,
    noteDelivery: (topic) => {
      delivery.set(delivery.read() + 1)
      for (const session of sessions) session.onDelivery(topic)
    },
    topicOf: (topic) => {
      const known = topics.get(topic)
      if (known) return known
      const made = makeTopic(core, topic, events)
      topics.set(topic, made)
      return made
    },
    leave: (session) => {
      sessions.delete(session)
      peers.delete(session)
    },
  }
  const parts: Parts = {
    core,
    topics,
    sessions,
    peers,
    books: new Map(),
    delivery,
    ephemerals,
    beacons,
    heard,
    kept,
    forked,
    falsePacks,
    host,
  }
  for (const relay of options.relays ?? []) bookOf(parts, relay)
  return parts
}

function bookOf({ core, books, host }: Parts, relay: string): RelayBook {
  const book = books.get(relay) ?? makeRelayBook(core, relay, host.noteDelivery)
  books.set(relay, book)
  return book
}

/**
 * Resolves when a relay that is connected has shown what it holds of the topic, so that a copy of a device finds out before it writes;
 * null when there is nothing to wait for. Writing does not wait long: what is written is worth more than an early refusal.
 */
function firstReadOf({ core, sessions }: Parts, topic: TopicId): Promise<unknown> | null {
  const readings = [...sessions].flatMap((session) => session.firstRead(topic) ?? [])
  if (readings.length === 0) return null
  let cancel = (): void => {}
  const timeout = new Promise<void>((resolve) => {
    cancel = core.clock.after(ownHeadWaitMs, resolve)
  })
  return Promise.race([Promise.all(readings), timeout]).finally(() => cancel())
}

/** A link that was closed before it was attached leaves no session behind. */
function keep<Session extends HostedSession>(session: Session, among: Set<HostedSession>): Session {
  if (!session.isEnded()) among.add(session)
  return session
}

function watchTabs({ core, topics, books }: Parts): () => void {
  const failed = (thrown: unknown): void => core.log('topic-not-read', { error: String(thrown) })
  return core.store.watch((change) => {
    if ('cursor' in change) for (const book of books.values()) book.refresh(change.cursor).catch(failed)
    const topic = 'topic' in change ? topics.get(change.topic) : undefined
    topic?.catchUp().catch(failed)
  })
}

function questionsOf({ host, books, peers }: Parts): Pick<Sync, 'topicState' | 'voidOf' | 'deliveryOf' | 'peersHolding'> {
  return {
    topicState: (topic) => host.topicOf(topic).state,
    voidOf: async (topic) => host.topicOf(topic).voids(),
    deliveryOf: (topic, device, seq) =>
      [...books.values()].some((book) => (book.placeOf(topic)?.holds.get(device) ?? 0) >= seq) ? 'relay' : 'device',
    peersHolding: (topic, device, seq) => [...peers].filter((peer) => peer.holds(topic, device, seq)).length,
  }
}

type Packs = Pick<
  Sync,
  'tailOf' | 'packTail' | 'packsOf' | 'wordOn' | 'takePack' | 'trimBehind' | 'onPack' | 'stalePacks' | 'repack' | 'replacePack'
>

function packsOf({ host, kept }: Parts): Packs {
  return {
    onPack: kept.subscribe,
    tailOf: async (topic) => host.topicOf(topic).tail(),
    packTail: async (topic) => host.topicOf(topic).packTail(),
    packsOf: async (topic) => host.topicOf(topic).packs(),
    wordOn: async (topic, pack) => host.topicOf(topic).wordOn(pack),
    takePack: async (topic, pack) => {
      const received = await host.topicOf(topic).takePack(pack)
      if (received.kind === 'kept') host.notePack(topic, received.id)
      return received
    },
    trimBehind: async (topic, pack) => host.topicOf(topic).trimBehind(pack),
    stalePacks: async (topic) => host.topicOf(topic).stalePacks(),
    repack: async (topic, pack) => host.topicOf(topic).repack(pack),
    replacePack: async (topic, pack, by) => host.topicOf(topic).replacePack(pack, by),
  }
}

function coreOf(options: SyncOptions): Core {
  const { suite, random, clock, store, authority, signer, applier, log = () => {} } = options
  return {
    suite,
    random,
    clock,
    store,
    authority,
    signer,
    applier,
    keys: makeEnvelopeKeys(suite, authority),
    log,
    waiting: { sizeBytes: 0 },
    ownChain: makeOwnChain(store, log),
  }
}
