/** One topic: everything that touches its chains happens here, one task after another. */
import { makeCell, makeSerial } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId, View } from '@poruch/base'
import { judgedPos, statedHead } from '../envelope/left-heads.ts'
import { maxMergedUpdates, maxVoidsListed } from '../limits.ts'
import type { Head, LogRow, Opened, StoredPack } from '../ports.ts'
import { findBase, packTail, tailOf, takePack, trimBehind, wordOn } from '../compaction/topic-packs.ts'
import type { PackReceived, PackWord, Tail } from '../compaction/topic-packs.ts'
import type { Compact } from '../compaction/pack.ts'
import type { FrameOf } from '../frame/layouts.ts'
import { makeBatches } from './batches.ts'
import { makeBranchViews } from './branch-views.ts'
import type { ChainPlace } from './branch-views.ts'
import { settleForks } from './branching.ts'
import { followed, makeChains } from './chains.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import { handOver, standsOtherwise, unblockKeys } from './hand-over.ts'
import type { Sink } from './hand-over.ts'
import { planErase } from './erasing.ts'
import { unseal } from './open-row.ts'
import { makePacedRebuild } from './paced-rebuild.ts'
import { makeReceiver } from './receive.ts'
import type { Received, Receiver } from './receive.ts'
import { writeEnvelope } from './writer.ts'
import type { WritePlan, Written } from './writer.ts'

export interface TopicState {
  readonly heads: readonly Head[]
  /** Received and not judged yet. */
  readonly waiting: number
  /** Stored, not handed over yet: a key or an earlier envelope is missing. */
  readonly blocked: number
  /** Chains with a hole: `have` is the last seq before it. */
  readonly gaps: readonly { readonly device: DeviceId; readonly have: number }[]
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
  receive(bytes: Bytes): Promise<Received>
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

export interface TopicEvents {
  /** The stored heads have moved. */
  onMoved(): void
  /** A device was found to have signed twice: told again when the topic is loaded. */
  onForked(fork: ForkPlace): void
  /** A device has made a pack that says what is not so. */
  onFalsePack(pack: FalsePack): void
}

interface Parts {
  readonly core: Core
  readonly topic: TopicId
  readonly chains: Chains
  readonly receiver: Receiver
  readonly setState: (state: TopicState) => void
  /** Called after the stored heads have moved. */
  readonly onMoved: () => void
  readonly onForked: (fork: ForkPlace) => void
  readonly onFalsePack: (pack: FalsePack) => void
  /** Something was erased that had been handed over. */
  readonly rebuildPaced: () => Promise<void>
  isLoaded: boolean
  isOpen: boolean
  cutVersion: number
}

export function makeTopic(core: Core, topic: TopicId, { onMoved, onForked, onFalsePack }: TopicEvents): Topic {
  const chains = makeChains(core, topic)
  const state = makeCell<TopicState>({ heads: [], waiting: 0, blocked: 0, gaps: [], voids: 0 })
  const receiver = makeReceiver(core, topic, chains)
  const serial = makeSerial()
  const rebuildPaced = makePacedRebuild({
    clock: core.clock,
    rebuild: async () => rebuild(parts),
    turn: async (task) => turn(task),
    isDue: chains.isStale,
    onFailed: (thrown) => core.log('topic-not-rebuilt', { topic, error: String(thrown) }),
  })
  const parts: Parts = {
    core,
    topic,
    chains,
    receiver,
    setState: state.set,
    onMoved,
    onForked,
    onFalsePack,
    rebuildPaced,
    isLoaded: false,
    isOpen: false,
    cutVersion: -1,
  }
  const turn = async <T>(task: () => Promise<T>): Promise<T> =>
    serial.run(async () => {
      await load(parts)
      return task()
    })
  let opening: Promise<void> | null = null
  const open = async (): Promise<void> => {
    opening ??= turn(async () => openInTurn(parts))
    try {
      await opening
    } catch (thrown) {
      opening = null
      throw thrown
    }
  }
  let isCatchingUp = false
  const catchUp = async (): Promise<void> => {
    if (isCatchingUp) return
    isCatchingUp = true
    await serial.run(async () => {
      isCatchingUp = false
      await load(parts)
      const before = countRows(chains)
      const branched = await chains.refresh()
      // The own appends of this tab are known already.
      if (branched || countRows(chains) !== before) await reconsiderInTurn(parts, before)
    })
  }
  const batches = makeBatches(core.clock, async (plan) => {
    await open()
    return turn(async () => writeInTurn(parts, plan))
  })
  return {
    state,
    open,
    write: batches.add,
    erase: async (place) => {
      await open()
      return turn(async () => writeInTurn(parts, await planErase(core, topic, chains, place)))
    },
    flush: batches.flush,
    receive: async (bytes) => turn(async () => receiveInTurn(parts, bytes)),
    receiveContext: async (frame) =>
      turn(async () => {
        const stated = await statedHead(core, frame)
        if (stated) await core.authority.noteLeftHead?.(topic, stated.pos, stated.head)
        return receiveInTurn(parts, frame.envelope)
      }),
    catchUp,
    reconsider: async () => turn(async () => reconsiderInTurn(parts)),
    rebuild: async () => turn(async () => rebuild(parts)),
    ...makeBranchViews(core, topic, chains, turn),
    heads: async () => turn(async () => [...chains.all.values()].map((chain) => chain.head)),
    voids: async () => turn(async () => voidsInTurn(parts)),
    stored: async (device, fromSeq, limit) => followed(await core.store.read(topic, device, fromSeq, limit), fromSeq),
    ...packsOf(parts, turn),
  }
}

type Turn = <T>(task: () => Promise<T>) => Promise<T>

function packsOf(parts: Parts, turn: Turn): Pick<Topic, 'packs' | 'baseOf' | 'takePack' | 'tail' | 'packTail' | 'wordOn' | 'trimBehind'> {
  const { core, topic, chains } = parts
  const place = { core, topic, chains }
  return {
    packs: async () => turn(chains.shelf.packs),
    baseOf: async (device, fromSeq) => turn(async () => findBase(place, { device, fromSeq })),
    takePack: async (pack) =>
      turn(async () => {
        const received = await takePack(place, pack)
        if (received.kind === 'refused') {
          const { reason, author } = received
          core.log('pack-refused', { topic, reason })
          if (author) parts.onFalsePack({ topic, device: author, reason })
        }
        if (received.kind !== 'kept' || !received.hasFilled) return received
        await parts.receiver.retry()
        await progress(parts)
        parts.onMoved()
        return received
      }),
    tail: async () => turn(async () => tailOf(place)),
    packTail: async () => turn(async () => packTail(place)),
    wordOn: async (pack) => turn(async () => wordOn(place, pack)),
    trimBehind: async (pack) => turn(async () => trimBehind(place, pack)),
  }
}

async function load(parts: Parts): Promise<void> {
  if (parts.isLoaded) return
  const { core, topic, chains, onForked } = parts
  await chains.refresh()
  await chains.forks.load()
  parts.isLoaded = true
  for (const device of forkedDevices(chains)) {
    // Whatever a crash left half done.
    await settleForks(core, topic, chains, device)
    onForked({ topic, device, seq: chains.forks.from(device) ?? 0 })
  }
  publish(parts)
}

function forkedDevices({ forks }: Chains): Set<DeviceId> {
  return new Set(forks.all().map(({ row }) => row.device))
}

async function openInTurn(parts: Parts): Promise<void> {
  parts.isOpen = true
  await progress(parts)
}

async function writeInTurn(parts: Parts, plan: WritePlan): Promise<Written> {
  const { core, topic, chains } = parts
  const written = await writeEnvelope(core, topic, chains, { plan: merged(core, topic, plan), progress: async () => progress(parts) })
  parts.onMoved()
  return written
}

/** What goes into one envelope says each thing once. */
function merged({ applier }: Core, topic: TopicId, plan: WritePlan): WritePlan {
  const { n, updates } = plan
  return applier.merge && !plan.erases && updates.length > 1 && updates.length <= maxMergedUpdates
    ? { n, updates: [applier.merge(topic, updates)] }
    : plan
}

async function receiveInTurn(parts: Parts, bytes: Bytes): Promise<Received> {
  const received = await parts.receiver.receive(bytes)
  if (received.kind === 'stored' || received.kind === 'fork') {
    await progress(parts)
    parts.onMoved()
  } else publish(parts)
  if (received.kind === 'refused') parts.core.log('envelope-refused', { topic: parts.topic, reason: received.reason })
  return received
}

async function reconsiderInTurn(parts: Parts, before = countRows(parts.chains)): Promise<void> {
  const { core, topic, chains, receiver } = parts
  await chains.refresh()
  // A cut may name another branch than the one that stood.
  for (const device of forkedDevices(chains)) await settleForks(core, topic, chains, device)
  await receiver.retry()
  chains.shelf.forget()
  unblockKeys(chains)
  await progress(parts)
  if (countRows(chains) !== before) parts.onMoved()
}

function countRows(chains: Chains): number {
  return [...chains.all.values()].reduce((sum, chain) => sum + chain.head.seq, 0)
}

/** Hands over whatever can be; where cuts have changed what stands, the documents are built anew. */
async function progress(parts: Parts): Promise<void> {
  const { core, topic, chains, onForked } = parts
  const forked = [...chains.forks.news]
  chains.forks.news.clear()
  if (parts.isOpen) {
    const cutVersion = core.authority.cutVersion(topic)
    // Another branch has taken the place of one that was handed over, or what others name of a device counts otherwise.
    if (chains.isAnew() || forked.length > 0) await rebuild(parts)
    const mayDiffer = cutVersion !== parts.cutVersion || chains.isAwaitedHere()
    if (mayDiffer && (await standsOtherwise(core, topic, chains))) await rebuild(parts)
    parts.cutVersion = cutVersion
    await handOver(core, topic, chains, applierSink(core))
    if (chains.isStale()) await parts.rebuildPaced()
  }
  // What did not have its turn now is opened again when it has.
  chains.inners.clear()
  if (chains.isRead()) chains.shelf.forget()
  publish(parts)
  for (const device of forked) onForked({ topic, device, seq: chains.forks.from(device) ?? 0 })
}

async function rebuild({ core, topic, chains }: Parts): Promise<void> {
  const standing: Opened[] = []
  chains.restart()
  await handOver(core, topic, chains, async (opened) => {
    standing.push(opened)
    return Promise.resolve(true)
  })
  core.log('topic-rebuilt', { topic, envelopes: standing.length })
  await core.applier.rebuild(topic, standing)
}

function applierSink({ applier, log }: Core): Sink {
  return async (opened) => {
    try {
      const result = await applier.apply(opened)
      if (!result.ok) log('applier-refused', { topic: opened.topic, device: opened.device, seq: opened.seq, reason: result.reason })
      return result.ok
    } catch (thrown) {
      // One bad envelope must not keep those behind it from being read.
      log('applier-failed', { topic: opened.topic, device: opened.device, seq: opened.seq, error: String(thrown) })
      return false
    }
  }
}

async function voidsInTurn({ core, topic, chains }: Parts): Promise<readonly Opened[]> {
  const opened: Opened[] = []
  for (const { device, steps } of chains.all.values()) {
    const first = steps.findIndex((step) => step.isVoid) + 1
    if (first === 0) continue
    for await (const row of chains.upTo(device, first, steps.length)) {
      if (opened.length >= maxVoidsListed) break
      const author = core.authority.authorAt(topic, device, judgedPos(core.authority, topic, row))
      const step = steps[row.seq - 1]
      const inner = step?.isVoid && !step.isRefused ? await unseal(core, topic, row) : null
      if (inner === null || typeof inner === 'string' || 'refused' in author) continue
      const { seq, id, lamport } = row
      opened.push({
        topic,
        device,
        user: author.user,
        seq,
        id,
        lamport,
        n: inner.n,
        updates: inner.updates,
        isErased: step?.isErased === true,
      })
    }
  }
  return opened
}

function publish({ chains, receiver, setState }: Parts): void {
  const all = [...chains.all.values()]
  setState({
    heads: all.map((chain) => chain.head),
    waiting: receiver.waiting.count(),
    blocked: all.reduce((sum, chain) => sum + chain.head.seq - chain.steps.length, 0),
    gaps: receiver.waiting.gaps().map((device) => ({ device, have: chains.all.get(device)?.head.seq ?? 0 })),
    voids: all.reduce((sum, chain) => sum + chain.voids, 0),
  })
}
