/** What is done in a topic's turn: reading, handing over, writing, receiving. */
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import { judgedPos } from '../envelope/left-heads.ts'
import { maxMergedUpdates, maxVoidsListed } from '../limits.ts'
import type { Opened } from '../ports.ts'
import { takePack } from '../compaction/topic-packs.ts'
import type { PackReceived } from '../compaction/topic-packs.ts'
import type { Compact } from '../compaction/pack.ts'
import { settleForks } from './branching.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import { handOver, standsOtherwise, unblockKeys } from './hand-over.ts'
import type { Sink } from './hand-over.ts'
import { unseal } from './open-row.ts'
import type { Received, Receiver } from './receive.ts'
import type { TopicEvents } from './topic.ts'
import type { Source } from './waiting.ts'
import { writeEnvelope } from './writer.ts'
import type { WritePlan, Written } from './writer.ts'

export interface TopicParts {
  readonly core: Core
  readonly topic: TopicId
  readonly chains: Chains
  readonly events: TopicEvents
  readonly receiver: Receiver
  isLoaded: boolean
  isOpen: boolean
  cutVersion: number
  /** Tells the present state. */
  publish(): void
  /** Judges again all that waits. */
  retryWaiting(): Promise<void>
  /** Something was erased that had been handed over. */
  rebuildPaced(): Promise<void>
}

export async function load(parts: TopicParts): Promise<void> {
  if (parts.isLoaded) return
  const { core, topic, chains, events } = parts
  await chains.refresh()
  await chains.forks.load()
  parts.isLoaded = true
  for (const device of forkedDevices(chains)) {
    // Whatever a crash left half done.
    await settleForks(core, topic, chains, device)
    events.onForked({ topic, device, seq: chains.forks.from(device) ?? 0 })
  }
  parts.publish()
}

function forkedDevices({ forks }: Chains): Set<DeviceId> {
  return new Set(forks.all().map(({ row }) => row.device))
}

export async function openInTurn(parts: TopicParts): Promise<void> {
  parts.isOpen = true
  await progress(parts)
}

export async function writeInTurn(parts: TopicParts, plan: WritePlan): Promise<Written> {
  const { core, topic, chains } = parts
  const written = await writeEnvelope(core, topic, chains, { plan: merged(core, topic, plan), progress: async () => progress(parts) })
  parts.events.onMoved(parts.topic)
  return written
}

/** What goes into one envelope says each thing once. */
function merged({ applier }: Core, topic: TopicId, plan: WritePlan): WritePlan {
  const { n, updates } = plan
  return applier.merge && !plan.erases && updates.length > 1 && updates.length <= maxMergedUpdates
    ? { n, updates: [applier.merge(topic, updates)] }
    : plan
}

export async function receiveInTurn(parts: TopicParts, bytes: Bytes, source: Source): Promise<Received> {
  const before = countRows(parts.chains)
  const received = await parts.receiver.receive(bytes, source)
  // One that is known may be so by another tab, which has written more: the notice of the disk would find nothing new any more.
  if (received.kind === 'fork' || countRows(parts.chains) !== before) {
    await progress(parts)
    parts.events.onMoved(parts.topic)
  } else parts.publish()
  if (received.kind === 'refused') parts.core.log('envelope-refused', { topic: parts.topic, reason: received.reason })
  return received
}

export async function reconsiderInTurn(parts: TopicParts, before = countRows(parts.chains)): Promise<void> {
  const { core, topic, chains } = parts
  await chains.refresh()
  // A cut may name another branch than the one that stood.
  for (const device of forkedDevices(chains)) await settleForks(core, topic, chains, device)
  await parts.retryWaiting()
  chains.forgetPacks()
  unblockKeys(chains)
  await progress(parts)
  if (countRows(chains) !== before) parts.events.onMoved(parts.topic)
}

export function countRows(chains: Chains): number {
  return [...chains.all.values()].reduce((sum, chain) => sum + chain.head.seq, 0)
}

/** Hands over whatever can be; where cuts have changed what stands, the documents are built anew. */
async function progress(parts: TopicParts): Promise<void> {
  const { core, topic, chains, events } = parts
  const forked = [...chains.forks.news.keys()]
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
  if (chains.isRead()) chains.forgetPacks()
  parts.publish()
  for (const device of forked) events.onForked({ topic, device, seq: chains.forks.from(device) ?? 0 })
}

export async function rebuild({ core, topic, chains }: TopicParts): Promise<void> {
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

export async function voidsInTurn({ core, topic, chains }: TopicParts): Promise<readonly Opened[]> {
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

export async function takePackInTurn(parts: TopicParts, pack: Pick<Compact, 'prev' | 'bytes'>): Promise<PackReceived> {
  const { core, topic, events } = parts
  const received = await takePack(parts, pack)
  if (received.kind === 'refused') {
    const { reason, author } = received
    core.log('pack-refused', { topic, reason })
    if (author) events.onFalsePack({ topic, device: author, reason })
  }
  if (received.kind !== 'kept' || !received.hasFilled) return received
  await parts.retryWaiting()
  await progress(parts)
  events.onMoved(topic)
  return received
}
