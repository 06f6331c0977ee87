/** Reads a relay's order in bulk, many topics at once, until each is read to its end. */
import type { Bytes, TopicId } from '@poruch/base'
import { codeOf } from '@poruch/base'
import type { Core } from '../engine/core.ts'
import { hintOf } from '../envelope/header.ts'
import { decodeFrame, encodeSyncRequest } from '../frame/codec.ts'
import type { Frame, FrameOf } from '../frame/layouts.ts'
import { firstRetryMs, maxRetryMs, maxTopicsInFrame } from '../limits.ts'
import type { BulkReader } from '../ports.ts'
import type { RelayBook } from './book.ts'

export interface CatchUp {
  /** Reads these from their cursors on. */
  want(topics: Iterable<TopicId>): void
  /** Reads these after a while, longer each time that nothing comes of it. */
  wantLater(topics: Iterable<TopicId>): void
}

export interface CatchUpOptions {
  readonly core: Core
  readonly book: RelayBook
  readonly bulk: BulkReader
  readonly signal: AbortSignal
  takeEntry(topic: TopicId, relaySeq: number, envelope: Bytes): Promise<void>
  takePack(frame: FrameOf<'PACK'>): Promise<void>
  takeContext(frame: FrameOf<'CTX'>): Promise<void>
  takeReset(topic: TopicId): void
  /** These were read to the end that the relay named. */
  onRead(topics: readonly TopicId[]): void
  /** The relay did not name an end for these: it does not know them, or this device may not read them there. */
  onAbsent(topics: readonly TopicId[]): void
  onFault(code: string | null): void
}

export function makeCatchUp(options: CatchUpOptions): CatchUp {
  const { core, signal } = options
  const wanted = new Set<TopicId>()
  let isRunning = false
  let retryMs = firstRetryMs
  const wantLater = (topics: Iterable<TopicId>): void => {
    const later = [...topics]
    core.clock.after(retryMs, () => {
      want(later)
    })
    retryMs = Math.min(2 * retryMs, maxRetryMs)
  }
  const step = async (): Promise<void> => {
    const batch = [...wanted].slice(0, maxTopicsInFrame)
    for (const topic of batch) wanted.delete(topic)
    try {
      const { done, again, stuck, absent } = await readBatch(options, batch)
      options.onFault(null)
      if (done.length > 0) options.onRead(done)
      if (done.length + again.length > 0) retryMs = firstRetryMs
      for (const topic of again) wanted.add(topic)
      if (absent.length > 0) options.onAbsent(absent)
      if (stuck.length + absent.length > 0) wantLater([...stuck, ...absent])
    } catch (thrown) {
      if (signal.aborted) return
      options.onFault(codeOf(thrown))
      core.log('catch-up-failed', { code: codeOf(thrown), topics: batch.length })
      wantLater(batch)
    }
  }
  const want = (topics: Iterable<TopicId>): void => {
    for (const topic of topics) wanted.add(topic)
    if (isRunning || signal.aborted) return
    isRunning = true
    const run = async (): Promise<void> => {
      while (wanted.size > 0 && !signal.aborted) await step()
      isRunning = false
    }
    void run()
  }
  return { want, wantLater }
}

interface BatchResult {
  readonly done: readonly TopicId[]
  /** Moved on, and not at the end yet. */
  readonly again: readonly TopicId[]
  readonly stuck: readonly TopicId[]
  readonly absent: readonly TopicId[]
}

interface Asked {
  readonly topic: TopicId
  readonly place: Awaited<ReturnType<RelayBook['load']>>
  /** Where reading began; −1 after a reset. */
  from: number
}

/** True for the frame that ends a topic. @throws SyncError of the store */
async function takeFrame(options: CatchUpOptions, frame: Frame, asked: Asked): Promise<boolean> {
  const { takeEntry, takeContext, takePack, takeReset } = options
  if (frame.type === 'ENTRY') await takeEntry(frame.topic, frame.relaySeq, frame.envelope)
  else if (frame.type === 'PACK') await takePack(frame)
  else if (frame.type === 'CTX') await takeContext(frame)
  else if (frame.type === 'RESET') {
    takeReset(frame.topic)
    asked.from = -1
  } else if (frame.type === 'HEAD') asked.place.behind = Math.max(asked.place.behind, frame.relaySeq)
  return frame.type === 'HEAD'
}

/** @throws SyncError of the reader and of the store */
async function readBatch(options: CatchUpOptions, batch: readonly TopicId[]): Promise<BatchResult> {
  const { core, book, bulk, signal } = options
  const ended = new Set<TopicId>()
  const places = new Map<TopicId, Asked>()
  for (const topic of batch) {
    const place = await book.load(topic)
    places.set(topic, { topic, place, from: place.seen })
    place.busy++
  }
  try {
    const cursors = [...places].map(([topic, { place }]) => ({ topic, relaySeq: place.read.seq, idPrefix: hintOf(place.read.id) }))
    await bulk.sync(
      encodeSyncRequest(cursors),
      async (bytes) => {
        const frame = decodeFrame(bytes)
        if (!frame.ok) return core.log('bulk-frame-refused', { reason: frame.reason })
        const { value } = frame
        const asked = 'topic' in value ? places.get(value.topic) : undefined
        if (asked && (await takeFrame(options, value, asked))) ended.add(asked.topic)
      },
      { signal },
    )
  } finally {
    for (const { place } of places.values()) place.busy--
  }
  const isBehind = (topic: TopicId): boolean => (places.get(topic)?.place.behind ?? 0) > (places.get(topic)?.place.seen ?? 0)
  const hasMoved = (topic: TopicId): boolean => (places.get(topic)?.place.seen ?? 0) > (places.get(topic)?.from ?? 0)
  return {
    done: batch.filter((topic) => ended.has(topic) && !isBehind(topic)),
    again: batch.filter((topic) => isBehind(topic) && hasMoved(topic)),
    stuck: batch.filter((topic) => isBehind(topic) && !hasMoved(topic)),
    absent: batch.filter((topic) => !ended.has(topic) && !isBehind(topic)),
  }
}
