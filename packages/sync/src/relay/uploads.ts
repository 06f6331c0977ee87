/** Gives a relay what it lacks: any member's envelopes, in the order of their chains. */
import { makeCell } from '@poruch/base'
import type { DeviceId, TopicId, View } from '@poruch/base'
import type { SessionHost } from '../engine/session.ts'
import { encodeFrame } from '../frame/codec.ts'
import { linkRetryMs, maxAppendsInFlight, maxChainRewinds, maxLinkBufferedBytes, maxRefusalsListed, refusedRetryMs } from '../limits.ts'
import type { FrameLink, Head, LogRow } from '../ports.ts'
import type { RelayBook } from './book.ts'

/** A chain that the relay will not take from `seq` on. */
export interface ChainRefusal {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly code: string
}

export interface Uploads {
  readonly refusals: View<readonly ChainRefusal[]>
  /** The topic was caught up with, or its log has grown. */
  offer(topic: TopicId): void
  /** Sends what can be sent. */
  pump(): void
  /** True when the ref is of an upload. */
  onAck(ref: number, relaySeq: number): boolean
  onRefuse(ref: number, code: string): boolean
  /** The relay names what it holds of a chain. */
  onGap(topic: TopicId, device: DeviceId, have: number): void
  /** Nothing is known of what the relay holds. */
  restart(topic: TopicId): void
  /** What was refused is offered again. */
  forgetRefusals(): void
}

export interface UploadOptions {
  readonly host: SessionHost
  readonly book: RelayBook
  readonly link: FrameLink
  nextRef(): number
  onAcked(topic: TopicId, relaySeq: number, row: InFlight): void
}

export interface InFlight {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly seq: number
  readonly id: LogRow['id']
  /** Sent before its chain was refused: its answer says nothing new. */
  isStale: boolean
}

const rewinding = new Set(['chain', 'gap'])
const passing = new Set(['wait-log', 'wait-epoch', 'busy', 'too-many', 'disk-full', 'unavailable', 'moved', 'offline'])

export function makeUploads(options: UploadOptions): Uploads {
  const { host, book, link } = options
  const { clock, store, log } = host.core
  const offered = new Set<TopicId>()
  const sent = new Map<string, number>()
  const inFlight = new Map<number, InFlight>()
  const refused = new Map<string, ChainRefusal>()
  const resting = new Set<string>()
  const rewinds = new Map<string, number>()
  const refusals = makeCell<readonly ChainRefusal[]>([])
  let isRunning = false
  let isAgain = false
  let isEnded = false
  link.onClose(() => {
    isEnded = true
  })
  const keyOf = (topic: TopicId, device: DeviceId): string => `${topic} ${device}`
  const publish = (): void => {
    refusals.set([...refused.values()].slice(0, maxRefusalsListed))
  }
  const later = (delayMs: number, run: () => void): void => {
    clock.after(delayMs, () => {
      if (isEnded) return
      run()
      pump()
    })
  }
  const stepBack = (row: InFlight, to: number): void => {
    sent.set(keyOf(row.topic, row.device), to)
    for (const other of inFlight.values()) if (other.topic === row.topic && other.device === row.device) other.isStale = true
    offered.add(row.topic)
  }
  /** False when the link or the window is full. */
  const sendRow = (topic: TopicId, row: LogRow): boolean => {
    if (inFlight.size >= maxAppendsInFlight) return false
    const ref = options.nextRef()
    if (link.bufferedBytes() > maxLinkBufferedBytes || !link.send(encodeFrame({ type: 'APPEND', ref, topic, envelope: row.bytes }))) {
      later(linkRetryMs, () => {})
      return false
    }
    inFlight.set(ref, { topic, device: row.device, seq: row.seq, id: row.id, isStale: false })
    sent.set(keyOf(topic, row.device), row.seq)
    return true
  }
  const sendChain = async (topic: TopicId, head: Head): Promise<boolean> => {
    const key = keyOf(topic, head.device)
    if (refused.has(key) || resting.has(key)) return true
    for (;;) {
      const from = Math.max(book.placeOf(topic)?.holds.get(head.device) ?? 0, sent.get(key) ?? 0) + 1
      if (from > head.seq) return true
      const rows = await store.read(topic, head.device, from, maxAppendsInFlight)
      if (rows.length === 0) return true
      for (const row of rows) if (!sendRow(topic, row)) return false
    }
  }
  const sendAll = async (): Promise<void> => {
    for (const topic of offered) {
      const place = book.placeOf(topic)
      // While entries come in, what the relay holds is not known well enough.
      if (!place || place.busy > 0) continue
      offered.delete(topic)
      for (const head of await host.topicOf(topic).heads()) {
        if (await sendChain(topic, head)) continue
        offered.add(topic)
        return
      }
    }
  }
  const pump = (): void => {
    isAgain = true
    if (isRunning) return
    isRunning = true
    const run = async (): Promise<void> => {
      try {
        while (isAgain && !isEnded) {
          isAgain = false
          await sendAll()
        }
      } catch (thrown) {
        log('upload-failed', { error: String(thrown) })
        later(refusedRetryMs, () => {})
      }
      isRunning = false
    }
    void run()
  }
  const refuse = (row: InFlight, code: string): void => {
    const key = keyOf(row.topic, row.device)
    const count = rewinds.get(key) ?? 0
    if (rewinding.has(code) && count < maxChainRewinds) {
      rewinds.set(key, count + 1)
      book.placeOf(row.topic)?.holds.delete(row.device)
      return stepBack(row, 0)
    }
    stepBack(row, row.seq - 1)
    if (!passing.has(code)) {
      refused.set(key, { topic: row.topic, device: row.device, seq: row.seq, code })
      log('upload-refused', { topic: row.topic, device: row.device, seq: row.seq, code })
      return publish()
    }
    resting.add(key)
    later(refusedRetryMs, () => {
      resting.delete(key)
      offered.add(row.topic)
    })
  }
  return {
    refusals,
    pump,
    offer: (topic) => {
      offered.add(topic)
      pump()
    },
    onAck: (ref, relaySeq) => {
      const row = inFlight.get(ref)
      if (!row) return false
      inFlight.delete(ref)
      rewinds.delete(keyOf(row.topic, row.device))
      book.raise(row.topic, row.device, row.seq)
      options.onAcked(row.topic, relaySeq, row)
      pump()
      return true
    },
    onRefuse: (ref, code) => {
      const row = inFlight.get(ref)
      if (!row) return false
      inFlight.delete(ref)
      if (!row.isStale) refuse(row, code)
      pump()
      return true
    },
    onGap: (topic, device, have) => {
      const place = book.placeOf(topic)
      if (!place) return
      place.holds.set(device, have)
      stepBack({ topic, device, seq: 0, id: '' as LogRow['id'], isStale: true }, have)
      refused.delete(keyOf(topic, device))
      publish()
      pump()
    },
    restart: (topic) => {
      for (const key of sent.keys()) if (key.startsWith(topic)) sent.delete(key)
      for (const row of inFlight.values()) if (row.topic === topic) row.isStale = true
    },
    forgetRefusals: () => {
      for (const { topic } of refused.values()) offered.add(topic)
      refused.clear()
      rewinds.clear()
      publish()
      pump()
    },
  }
}
