/** Sends a peer what it lacks, in the order of chains, as fast as the link takes it. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { prevToHex } from '../frame/prev.ts'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import { linkRetryMs, maxLinkBufferedBytes, pushAgainMs, rowPageSize } from '../limits.ts'
import type { FrameLink, Head, LogRow } from '../ports.ts'

export interface Pump {
  /** What the peer says that it holds; `null` when it was never told. */
  theirs(topic: TopicId): ReadonlyMap<DeviceId, number> | null
  /** The peer's whole vector of a topic. */
  setTheirs(topic: TopicId, vector: ReadonlyMap<DeviceId, number>): void
  /** The peer holds a chain at least so far. */
  raise(topic: TopicId, device: DeviceId, seq: number): void
  /** The peer wants a chain from after `have`. */
  rewind(topic: TopicId, device: DeviceId, have: number): void
  offer(topic: TopicId): void
  run(): void
}

export interface PumpOptions {
  readonly host: SessionHost
  readonly link: FrameLink
  /** False while what comes in may be just what would be sent back. */
  isQuiet(): boolean
  mayRead(topic: TopicId): boolean
}

interface TopicPush {
  /** What the peer has said; null before it has. */
  vector: Map<DeviceId, number> | null
  /** How far each chain was pushed, or came from the peer itself. */
  readonly pushed: Map<DeviceId, number>
  pushedAtMs: number
  /** Packs that went over this link. */
  readonly packs: Set<EnvelopeId>
}

interface Parts extends PumpOptions {
  readonly topics: Map<TopicId, TopicPush>
  readonly offered: Set<TopicId>
  readonly run: () => void
  readonly isEnded: () => boolean
}

export function makePump(options: PumpOptions): Pump {
  const { host, link } = options
  let isRunning = false
  let isAgain = false
  let isEnded = false
  link.onClose(() => {
    isEnded = true
  })
  const go = async (): Promise<void> => {
    try {
      while (isAgain && !isEnded) {
        isAgain = false
        await sendAll(parts)
      }
    } catch (thrown) {
      host.core.log('push-failed', { error: String(thrown) })
    }
    isRunning = false
  }
  const run = (): void => {
    isAgain = true
    if (isRunning || isEnded) return
    isRunning = true
    void go()
  }
  const parts: Parts = { ...options, topics: new Map(), offered: new Set(), run, isEnded: () => isEnded }
  return actionsOf(parts)
}

function actionsOf(parts: Parts): Pump {
  const { host, run, offered } = parts
  const offer = (topic: TopicId): void => {
    offered.add(topic)
    run()
  }
  return {
    run,
    offer,
    theirs: (topic) => parts.topics.get(topic)?.vector ?? null,
    setTheirs: (topic, vector) => {
      const push = pushOf(parts, topic)
      push.vector = new Map(vector)
      // Fresh pushes may still be on their way; old ones that are missing were dropped.
      if (host.core.clock.now() - push.pushedAtMs > pushAgainMs) {
        push.pushed.clear()
        push.packs.clear()
      }
      offer(topic)
    },
    raise: (topic, device, seq) => {
      const { vector, pushed } = pushOf(parts, topic)
      const held = vector ?? pushed
      if (seq > (held.get(device) ?? 0)) held.set(device, seq)
    },
    rewind: (topic, device, have) => {
      const { vector, pushed } = pushOf(parts, topic)
      pushed.set(device, have)
      vector?.set(device, have)
      offer(topic)
    },
  }
}

function pushOf({ topics }: Parts, topic: TopicId): TopicPush {
  const push = topics.get(topic) ?? { vector: null, pushed: new Map<DeviceId, number>(), pushedAtMs: 0, packs: new Set<EnvelopeId>() }
  topics.set(topic, push)
  return push
}

async function sendAll(parts: Parts): Promise<void> {
  const { offered, host, isQuiet, isEnded, run } = parts
  for (const topic of offered) {
    if (!isQuiet() || isEnded()) return
    offered.delete(topic)
    if (await sendTopic(parts, topic)) continue
    offered.add(topic)
    host.core.clock.after(linkRetryMs, run)
    return
  }
}

/** False when the link is full. */
async function sendTopic(parts: Parts, topic: TopicId): Promise<boolean> {
  if (!pushOf(parts, topic).vector) return true
  for (const head of await parts.host.topicOf(topic).heads()) if (!(await sendChain(parts, topic, head))) return false
  return true
}

async function sendChain(parts: Parts, topic: TopicId, { device, seq }: Head): Promise<boolean> {
  const { host, mayRead } = parts
  const push = pushOf(parts, topic)
  for (;;) {
    const from = Math.max(push.vector?.get(device) ?? 0, push.pushed.get(device) ?? 0) + 1
    if (from > seq) return true
    const rows = await host.topicOf(topic).stored(device, from, rowPageSize)
    if (rows.length === 0) return sendPacks(parts, topic, { device, from })
    for (const row of rows) {
      // Asked again for each: a right may end while a long chain is on its way.
      if (!mayRead(topic)) return true
      if (!sendRow(parts, topic, row)) return false
    }
  }
}

/** What the peer lacks is in packs here; the rest follows when it says that it has them. */
async function sendPacks(parts: Parts, topic: TopicId, { device, from }: { device: DeviceId; from: number }): Promise<boolean> {
  const { host, link, mayRead } = parts
  const push = pushOf(parts, topic)
  for (const { id, prev, bytes } of await host.topicOf(topic).sendablePacks()) {
    if (push.packs.has(id)) continue
    if (!mayRead(topic)) return true
    if (link.bufferedBytes() > maxLinkBufferedBytes) return false
    if (!link.send(encodeFrame({ type: 'PACK', topic, relaySeq: 0, prev: prevToHex(prev), envelope: bytes }))) return false
    push.packs.add(id)
    push.pushedAtMs = host.core.clock.now()
  }
  host.core.log('packs-sent', { topic, device, from })
  return true
}

function sendRow(parts: Parts, topic: TopicId, row: LogRow): boolean {
  const { link, host } = parts
  if (link.bufferedBytes() > maxLinkBufferedBytes) return false
  if (!link.send(encodeFrame({ type: 'ENTRY', topic, relaySeq: 0, envelope: row.bytes }))) return false
  const push = pushOf(parts, topic)
  push.pushed.set(row.device, row.seq)
  push.pushedAtMs = host.core.clock.now()
  return true
}
