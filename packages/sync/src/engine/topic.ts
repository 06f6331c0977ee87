/** One topic: everything that touches its chains is done here, one task after another. */
import { makeCell, makeSerial } from '@poruch/base'
import type { Bytes, Cell, DeviceId, EnvelopeId, TopicId, View } from '@poruch/base'
import { statedHead } from '../envelope/left-heads.ts'
import type { Head, LogRow, Opened, StoredPack } from '../ports.ts'
import { findBase, packTail, tailOf, trimBehind, wordOn } from '../compaction/topic-packs.ts'
import type { PackReceived, PackWord, Tail } from '../compaction/topic-packs.ts'
import type { Compact } from '../compaction/pack.ts'
import { repackOf, replacePack, staleOf } from '../compaction/repacking.ts'
import type { StalePack } from '../compaction/repacking.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { makeBatches } from './batches.ts'
import { comparePlaces, contextAt, evidenceOf, placesOf } from './branch-views.ts'
import type { ChainPlace } from './branch-views.ts'
import { followed, makeChains } from './chains.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import { planErase } from './erasing.ts'
import { makePacedRebuild } from './paced-rebuild.ts'
import { makeReceiver } from './receive.ts'
import type { Received, Receiver } from './receive.ts'
import {
  countRows,
  load,
  openInTurn,
  rebuild,
  receiveInTurn,
  reconsiderInTurn,
  takePackInTurn,
  voidsInTurn,
  writeInTurn,
} from './topic-turns.ts'
import type { TopicParts } from './topic-turns.ts'
import type { Source } from './waiting.ts'
import type { Written } from './writer.ts'

export interface TopicState {
  readonly heads: readonly Head[]
  /** Received and not judged yet. */
  readonly waiting: number
  /** Stored, not handed over yet: a key or an earlier envelope is missing. */
  readonly blocked: number
  /**
   * Chains with a hole: `have` is the last seq before it. What lies behind it is not authenticated: `isRelays` where a relay has shown
   * something there, which has judged the whole chain, or should have.
   */
  readonly gaps: readonly { readonly device: DeviceId; readonly have: number; readonly isRelays: boolean }[]
  /** Envelopes that a cut voids. */
  readonly voids: number
}

export interface Topic {
  readonly state: View<TopicState>
  /** Hands the log over to the Applier, once; concurrent calls share. */
  open(): Promise<void>
  write(n: number, update: Bytes): Promise<Written>
  /** Takes the content of one envelope away, for everybody. @throws SyncError */
  erase(place: { readonly device: DeviceId; readonly seq: number }): Promise<Written>
  receive(bytes: Bytes, source: Source): Promise<Received>
  /** An envelope with its context: what that says of a stretch of the log that owners have left is remembered. */
  receiveContext(frame: FrameOf<'CTX'>): Promise<Received>
  /** Rows may have been appended in another tab. */
  catchUp(): Promise<void>
  /** Membership, keys or cuts may have changed. */
  reconsider(): Promise<void>
  /** Hands everything that stands over anew: the document holds what the log does not. */
  rebuild(): Promise<void>
  /** What is kept of what devices have signed beside their chains, the first of each, and what stands in its place. */
  evidence(): Promise<readonly FrameOf<'CTX'>[]>
  /** One envelope that is held, with its context. */
  contextOf(device: DeviceId, seq: number): Promise<FrameOf<'CTX'> | null>
  /** Where a chain stands: its end, places ever further from it, its beginning. */
  places(device: DeviceId): Promise<readonly ChainPlace[]>
  /** Of the places that someone else names: the last one that is here too, and whether any of the others is unknown here. */
  compare(
    device: DeviceId,
    places: readonly ChainPlace[],
  ): Promise<{ readonly common: number; readonly isUnknown: boolean; readonly isBehind: boolean }>
  /** The stored heads. */
  heads(): Promise<readonly Head[]>
  voids(): Promise<readonly Opened[]>
  /** Stored rows that follow one another from `fromSeq` on; none where a pack stands for the first of them. */
  stored(device: DeviceId, fromSeq: number, limit: number): Promise<readonly LogRow[]>
  /** The first row from which on all of a chain is stored, where packs stand for what is before it from `fromSeq` on; null for none. */
  baseOf(device: DeviceId, fromSeq: number): Promise<LogRow | null>
  /** Packs here, each after the one that it follows. */
  packs(): Promise<readonly StoredPack[]>
  /** Judges a pack, keeps it, and fills the chains that do not reach so far. */
  takePack(pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived>
  /** What no pack holds yet. */
  tail(): Promise<Tail>
  packTail(): Promise<Compact | null>
  wordOn(pack: EnvelopeId): Promise<PackWord | null>
  trimBehind(pack: EnvelopeId): Promise<void>
  /** The packs here in an order in which whoever has none can take them. */
  sendablePacks(): Promise<readonly StoredPack[]>
  stalePacks(): Promise<readonly StalePack[]>
  repack(pack: EnvelopeId): Promise<Compact | null>
  replacePack(pack: EnvelopeId, by: EnvelopeId): Promise<boolean>
  /** Resolves when everything that was to be written has been, or has failed. */
  flush(): Promise<void>
}

/** Where a device has signed two envelopes. */
export interface ForkPlace {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
}

export interface FalsePack {
  readonly topic: TopicId
  /** Who made it. */
  readonly device: DeviceId
  readonly reason: string
}

/** What all topics tell. */
export interface TopicEvents {
  /** The stored heads of a topic have moved. */
  onMoved(topic: TopicId): void
  /** A device was found to have signed twice: told again when the topic is loaded. */
  onForked(fork: ForkPlace): void
  /** A device has made a pack that says what is not so. */
  onFalsePack(pack: FalsePack): void
}

export function makeTopic(core: Core, topic: TopicId, events: TopicEvents): Topic {
  return new TopicLog(core, topic, events)
}

/** A class, and what a quiet chat never asks for made when it is: a device has a thousand of these open. */
class TopicLog implements Topic, TopicParts {
  readonly core: Core
  readonly topic: TopicId
  readonly chains: Chains
  readonly events: TopicEvents
  isLoaded = false
  isOpen = false
  cutVersion = -1
  readonly #serial = makeSerial()
  #opening: Promise<void> | null = null
  #isCatchingUp = false
  #state: Cell<TopicState> | null = null
  #receiver: Receiver | null = null
  #batches: ReturnType<typeof makeBatches> | null = null
  #rebuildPaced: (() => Promise<void>) | null = null

  constructor(core: Core, topic: TopicId, events: TopicEvents) {
    this.core = core
    this.topic = topic
    this.events = events
    this.chains = makeChains(core, topic)
  }

  get state(): View<TopicState> {
    return (this.#state ??= makeCell(this.#stateNow()))
  }

  publish(): void {
    this.#state?.set(this.#stateNow())
  }

  get receiver(): Receiver {
    return (this.#receiver ??= makeReceiver(this.core, this.topic, this.chains))
  }

  async retryWaiting(): Promise<void> {
    await this.#receiver?.retry()
  }

  async open(): Promise<void> {
    this.#opening ??= this.#turn(async () => openInTurn(this))
    try {
      await this.#opening
    } catch (thrown) {
      this.#opening = null
      throw thrown
    }
  }

  async write(n: number, update: Bytes): Promise<Written> {
    this.#batches ??= makeBatches(this.core.clock, async (plan) => {
      await this.open()
      return this.#turn(async () => writeInTurn(this, plan))
    })
    return this.#batches.add(n, update)
  }

  async flush(): Promise<void> {
    await this.#batches?.flush()
  }

  async erase(place: { readonly device: DeviceId; readonly seq: number }): Promise<Written> {
    await this.open()
    return this.#turn(async () => writeInTurn(this, await planErase(this.core, this.topic, this.chains, place)))
  }

  async receive(bytes: Bytes, source: Source): Promise<Received> {
    return this.#turn(async () => receiveInTurn(this, bytes, source))
  }

  async receiveContext(frame: FrameOf<'CTX'>): Promise<Received> {
    return this.#turn(async () => {
      const stated = await statedHead(this.core, frame)
      if (stated) await this.core.authority.noteLeftHead?.(this.topic, stated)
      return receiveInTurn(this, frame.envelope, 'peer')
    })
  }

  async catchUp(): Promise<void> {
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    await this.#serial.run(async () => {
      this.#isCatchingUp = false
      await load(this)
      const before = countRows(this.chains)
      const branched = await this.chains.refresh()
      // The own appends of this tab are known already.
      if (branched || countRows(this.chains) !== before) await reconsiderInTurn(this, before)
    })
  }

  async reconsider(): Promise<void> {
    return this.#turn(async () => reconsiderInTurn(this))
  }

  async rebuild(): Promise<void> {
    return this.#turn(async () => rebuild(this))
  }

  /** Something was erased that had been handed over. */
  async rebuildPaced(): Promise<void> {
    const { core, topic, chains } = this
    this.#rebuildPaced ??= makePacedRebuild({
      clock: core.clock,
      rebuild: async () => rebuild(this),
      turn: async (task) => this.#turn(task),
      isDue: () => chains.isStale(),
      onFailed: (thrown) => core.log('topic-not-rebuilt', { topic, error: String(thrown) }),
    })
    return this.#rebuildPaced()
  }

  async evidence(): Promise<readonly FrameOf<'CTX'>[]> {
    return this.#turn(async () => evidenceOf(this))
  }

  async contextOf(device: DeviceId, seq: number): Promise<FrameOf<'CTX'> | null> {
    return this.#turn(async () => contextAt(this, device, seq))
  }

  async places(device: DeviceId): Promise<readonly ChainPlace[]> {
    return this.#turn(async () => placesOf(this.chains, device))
  }

  async compare(device: DeviceId, places: readonly ChainPlace[]): ReturnType<Topic['compare']> {
    return this.#turn(async () => comparePlaces(this.chains, device, places))
  }

  async heads(): Promise<readonly Head[]> {
    return this.#turn(async () => [...this.chains.all.values()].map((chain) => chain.head))
  }

  async voids(): Promise<readonly Opened[]> {
    return this.#turn(async () => voidsInTurn(this))
  }

  async stored(device: DeviceId, fromSeq: number, limit: number): Promise<readonly LogRow[]> {
    return followed(await this.core.store.read(this.topic, device, fromSeq, limit), fromSeq)
  }

  async packs(): Promise<readonly StoredPack[]> {
    return this.#turn(async () => this.chains.shelf.packs())
  }

  async baseOf(device: DeviceId, fromSeq: number): Promise<LogRow | null> {
    return this.#turn(async () => findBase(this, { device, fromSeq }))
  }

  async takePack(pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived> {
    return this.#turn(async () => takePackInTurn(this, pack))
  }

  async tail(): Promise<Tail> {
    return this.#turn(async () => tailOf(this))
  }

  async packTail(): Promise<Compact | null> {
    return this.#turn(async () => packTail(this))
  }

  async wordOn(pack: EnvelopeId): Promise<PackWord | null> {
    return this.#turn(async () => wordOn(this, pack))
  }

  async trimBehind(pack: EnvelopeId): Promise<void> {
    return this.#turn(async () => trimBehind(this, pack))
  }

  async sendablePacks(): Promise<readonly StoredPack[]> {
    return this.#turn(async () => this.chains.shelf.sendable())
  }

  async stalePacks(): Promise<readonly StalePack[]> {
    return this.#turn(async () => staleOf(this))
  }

  async repack(pack: EnvelopeId): Promise<Compact | null> {
    return this.#turn(async () => repackOf(this, pack))
  }

  async replacePack(id: EnvelopeId, by: EnvelopeId): Promise<boolean> {
    return this.#turn(async () => replacePack(this, { id, by }))
  }

  async #turn<T>(task: () => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      await load(this)
      return task()
    })
  }

  #stateNow(): TopicState {
    const all = [...this.chains.all.values()]
    const waiting = this.#receiver?.waiting
    return {
      heads: all.map((chain) => chain.head),
      waiting: waiting?.count() ?? 0,
      blocked: all.reduce((sum, chain) => sum + chain.head.seq - chain.steps.length, 0),
      gaps: (waiting?.gaps() ?? []).map(({ device, isRelays }) => ({ device, isRelays, have: this.chains.all.get(device)?.head.seq ?? 0 })),
      voids: all.reduce((sum, chain) => sum + chain.voids, 0),
    }
  }
}
