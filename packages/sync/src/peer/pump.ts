/** Sends a peer what it lacks, in the order of chains, as fast as the link takes it. */
import type { DeviceId, TopicId } from '@poruch/base'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import { linkRetryMs, maxLinkBufferedBytes, pushAgainMs, rowPageSize } from '../limits.ts'
import type { FrameLink } from '../ports.ts'

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

interface PumpOptions {
  readonly host: SessionHost
  readonly link: FrameLink
  /** False while what comes in may be just what would be sent back. */
  isQuiet(): boolean
  mayRead(topic: TopicId): boolean
}

export function makePump({ host, link, isQuiet, mayRead }: PumpOptions): Pump {
  const { clock, store, log } = host.core
  const vectors = new Map<TopicId, Map<DeviceId, number>>()
  const pushed = new Map<TopicId, { readonly seqs: Map<DeviceId, number>; atMs: number }>()
  const offered = new Set<TopicId>()
  let isRunning = false
  let isAgain = false
  let isEnded = false
  link.onClose(() => {
    isEnded = true
  })
  const pushedOf = (topic: TopicId): { readonly seqs: Map<DeviceId, number>; atMs: number } => {
    const known = pushed.get(topic) ?? { seqs: new Map<DeviceId, number>(), atMs: 0 }
    pushed.set(topic, known)
    return known
  }
  const sendTopic = async (topic: TopicId): Promise<boolean> => {
    const vector = vectors.get(topic)
    const sent = pushedOf(topic)
    for (const head of vector ? await host.topicOf(topic).heads() : []) {
      for (;;) {
        const from = Math.max(vector?.get(head.device) ?? 0, sent.seqs.get(head.device) ?? 0) + 1
        const rows = from > head.seq ? [] : await store.read(topic, head.device, from, rowPageSize)
        if (rows.length === 0) break
        for (const row of rows) {
          // Asked again for each: a right may end while a long chain is on its way.
          if (!mayRead(topic)) return true
          if (
            link.bufferedBytes() > maxLinkBufferedBytes ||
            !link.send(encodeFrame({ type: 'ENTRY', topic, relaySeq: 0, envelope: row.bytes }))
          )
            return false
          sent.seqs.set(head.device, row.seq)
          sent.atMs = clock.now()
        }
      }
    }
    return true
  }
  const sendAll = async (): Promise<void> => {
    for (const topic of offered) {
      if (!isQuiet() || isEnded) return
      offered.delete(topic)
      if (await sendTopic(topic)) continue
      offered.add(topic)
      clock.after(linkRetryMs, run)
      return
    }
  }
  const run = (): void => {
    isAgain = true
    if (isRunning || isEnded) return
    isRunning = true
    const go = async (): Promise<void> => {
      try {
        while (isAgain) {
          isAgain = false
          await sendAll()
        }
      } catch (thrown) {
        log('push-failed', { error: String(thrown) })
      }
      isRunning = false
    }
    void go()
  }
  const offer = (topic: TopicId): void => {
    offered.add(topic)
    run()
  }
  return {
    run,
    offer,
    theirs: (topic) => vectors.get(topic) ?? null,
    setTheirs: (topic, vector) => {
      vectors.set(topic, new Map(vector))
      const sent = pushedOf(topic)
      // Fresh pushes may still be on their way; old ones that are missing were dropped.
      if (clock.now() - sent.atMs > pushAgainMs) sent.seqs.clear()
      offer(topic)
    },
    raise: (topic, device, seq) => {
      const vector = vectors.get(topic)
      if (vector && seq > (vector.get(device) ?? 0)) vector.set(device, seq)
      else if (!vector && seq > (pushedOf(topic).seqs.get(device) ?? 0)) pushedOf(topic).seqs.set(device, seq)
    },
    rewind: (topic, device, have) => {
      pushedOf(topic).seqs.set(device, have)
      vectors.get(topic)?.set(device, have)
      offer(topic)
    },
  }
}
