/** A world for tests of sync alone: scripted membership, keyed-hash crypto, memory disks, and documents that are lists of texts. */
import { encodeUtf8, idFromBytes, idToBytes, parseUtf8, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, Random, ScopeId, TopicId, UserId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { openSync } from '@poruch/sync'
import type { Applier, LogStore, Opened, Signer, Sync, SyncOptions } from '@poruch/sync'
import { seededRandom } from '../fixtures/seeded-random.ts'
import { keyedHashSuite } from '../keyed-suite.ts'
import { makeLinkPair } from './frame-link.ts'
import type { LinkPair } from './frame-link.ts'
import { makeMemoryDisk } from './log-store.ts'
import type { MemoryDisk } from './log-store.ts'
import { makeManualClock } from './manual-clock.ts'
import type { ManualClock } from './manual-clock.ts'
import { makeStaticAuthority, makeStaticScript } from './static-authority.ts'
import type { StaticAuthority, StaticScript } from './static-authority.ts'
import { makeTinyRelay } from './tiny-relay.ts'
import type { TinyRelay } from './tiny-relay.ts'

export interface SyncPlayer {
  readonly device: DeviceId
  readonly user: UserId
  readonly signer: Signer
  readonly authority: StaticAuthority
  readonly disk: MemoryDisk
  readonly store: LogStore
  readonly sync: Sync
  /** What the document of a topic shows, in the order in which it was handed over. */
  texts(topic: TopicId): readonly string[]
  /** Every hand-over, also repeated ones. */
  readonly applied: Opened[]
  readonly rebuilds: readonly TopicId[]
  readonly ephemerals: readonly string[]
  /** Lines of the log: `event code`. */
  readonly log: readonly string[]
  /** Writes one text and lets everything settle. */
  say(text: string, topic?: TopicId): Promise<void>
  /** Another tab of the same browser: same device, disk and membership; with another disk, a copy of the device. */
  openTab(options?: { readonly relays?: readonly string[]; readonly disk?: MemoryDisk }): SyncPlayer
}

export interface SyncWorld {
  readonly suite: Suite
  readonly script: StaticScript
  readonly clock: ManualClock
  readonly topics: readonly TopicId[]
  readonly topic: TopicId
  readonly relay: TinyRelay
  readonly relayAuthority: StaticAuthority
  /** A member from position `from` on, who knows the script up to `pos` and the epochs `gens`. */
  join(options?: {
    readonly from?: number
    readonly pos?: number
    readonly gens?: readonly number[]
    /** Changes what the player's engine is opened with. */
    readonly wrap?: (options: SyncOptions) => SyncOptions
  }): Promise<SyncPlayer>
  /** Opens a direct link; both may read everything unless `mayRead` says otherwise. */
  connect(a: SyncPlayer, b: SyncPlayer, mayRead?: (reader: SyncPlayer, topic: TopicId) => boolean): LinkPair
  attach(player: SyncPlayer, relay?: string): ReturnType<Sync['attachRelay']>
  /** Resolves when nothing more happens by itself; timers stand still. */
  settle(): Promise<void>
  /** Moves the clock in steps and settles between them. */
  pass(ms: number): Promise<void>
}

const stepMs = 50

/** A document has no skeleton for it. */
export const lastingText = 'not to be erased'

/** A document refuses this text as content. */
export const refusedText = 'refused by the document'

export function makeSyncWorld(seed = 1): SyncWorld {
  const random = seededRandom(seed)
  const suite = keyedHashSuite(random)
  const clock = makeManualClock()
  const topics = [0, 1, 2].map((n) => idFromBytes<'topic'>(Uint8Array.from({ length: 32 }, () => 0x70 + n)))
  const topic = topics[0] as TopicId
  const script = makeStaticScript('5c'.repeat(32) as ScopeId, topics)
  script.epochs.push({ pos: 0, key: random.bytes(32) })
  const relayAuthority = makeStaticAuthority(script, { pos: 10, gens: [], device: '00'.repeat(32) as DeviceId })
  const relay = makeTinyRelay(suite, relayAuthority)
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  const world: SyncWorld = {
    suite,
    script,
    clock,
    topics,
    topic,
    relay,
    relayAuthority,
    settle,
    join: async ({ from = 0, pos = 10, gens = [0], wrap } = {}) => {
      const key = await suite.generateSigningKey()
      const device = idFromBytes<'device'>(key.publicKey)
      const user = idFromBytes<'user'>(await suite.hash('test user', idToBytes(device)))
      script.members.push({ device, user, from, until: Number.POSITIVE_INFINITY })
      const authority = makeStaticAuthority(script, { pos, gens, device })
      return makePlayer(world, random, { key, device, user, authority, disk: makeMemoryDisk(), ...(wrap ? { wrap } : {}) })
    },
    connect: (a, b, mayRead = () => true) => {
      const pair = makeLinkPair()
      a.sync.attachPeer({ link: pair.left, topics: () => topics, mayRead: (each) => mayRead(b, each) })
      b.sync.attachPeer({ link: pair.right, topics: () => topics, mayRead: (each) => mayRead(a, each) })
      return pair
    },
    attach: (player, name = 'relay') => {
      const { pair, bulk } = relay.connect()
      return player.sync.attachRelay({ relay: name, link: pair.left, bulk, topics: () => topics })
    },
    pass: async (ms) => {
      await settle()
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(Math.min(stepMs, ms - passed))
        await settle()
      }
    },
  }
  return world
}

interface Self {
  readonly key: SigningKey
  readonly device: DeviceId
  readonly user: UserId
  readonly authority: StaticAuthority
  readonly disk: MemoryDisk
  readonly relays?: readonly string[]
  readonly wrap?: (options: SyncOptions) => SyncOptions
}

function makePlayer(world: SyncWorld, random: Random, self: Self): SyncPlayer {
  const { suite, clock } = world
  const { device, user, authority, disk, key } = self
  const docs = makeDocuments()
  let n = 1
  const log: string[] = []
  const store = disk.open()
  const signer: Signer = { device, sign: async (domain, message) => suite.sign(key, domain, message) }
  const sync = openSync(
    (self.wrap ?? ((options) => options))({
      suite,
      random,
      clock,
      store,
      authority,
      signer,
      applier: docs.applier,
      relays: self.relays ?? [],

      log: (event, detail) =>
        log.push(`${event} ${detail?.['reason'] ?? detail?.['code'] ?? detail?.['fault'] ?? detail?.['error'] ?? ''}`.trim()),
    }),
  )
  return {
    device,
    user,
    signer,
    authority,
    disk,
    store,
    sync,
    log,
    ...docs,
    say: async (text, topic = world.topic) => {
      const written = sync.write(topic, n, encodeUtf8(text)).catch((thrown: unknown) => {
        // As a document does whose edit was taken back.
        n++
        throw thrown
      })
      await Promise.all([written, world.pass(stepMs)])
    },
    openTab: (options = {}) => makePlayer(world, random, { ...self, ...options }),
  }
}

interface Documents {
  readonly applier: Applier
  readonly applied: Opened[]
  readonly rebuilds: TopicId[]
  readonly ephemerals: string[]
  texts(topic: TopicId): readonly string[]
}

function makeDocuments(): Documents {
  const shown = new Map<TopicId, Map<EnvelopeId, readonly string[]>>()
  const applied: Opened[] = []
  const rebuilds: TopicId[] = []
  const ephemerals: string[] = []
  const textsOf = (opened: Opened): readonly string[] => opened.updates.map((update: Bytes) => parseUtf8(update) ?? toHex(update))
  const show = (opened: Opened): boolean => {
    const texts = opened.isErased ? [] : textsOf(opened)
    if (texts.includes(refusedText)) return false
    shown.set(opened.topic, (shown.get(opened.topic) ?? new Map<EnvelopeId, readonly string[]>()).set(opened.id, texts))
    return true
  }
  const applier: Applier = {
    // How many there were is all that is left.
    skeleton: (_topic, updates) => (updates.some((update) => parseUtf8(update) === lastingText) ? null : Uint8Array.of(updates.length)),
    apply: async (opened) => {
      applied.push(opened)
      return Promise.resolve(show(opened) ? { ok: true } : { ok: false, reason: 'bad-content' })
    },
    rebuild: async (topic, opened) => {
      rebuilds.push(topic)
      shown.delete(topic)
      for (const each of opened) show(each)
      return Promise.resolve()
    },
    ephemeral: (_topic, _from, body) => {
      ephemerals.push(parseUtf8(body) ?? toHex(body))
    },
  }
  return { applier, applied, rebuilds, ephemerals, texts: (topic) => [...(shown.get(topic)?.values() ?? [])].flat() }
}
