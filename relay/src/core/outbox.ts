/** What leaves for one reader: in order while it keeps up, and only heads once it does not. */
import type { Bytes, Clock, TopicId } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { maxWaitingAnswers, slowReaderLifeMs, slowReaderRetryMs } from './limits.ts'
import type { Sink } from './ports.ts'

export interface Outbox {
  /** Answers and heads: kept, in order, until the reader takes them. */
  send(frame: Frame): void
  /** A new envelope, already encoded; a slow reader is told of its topic's head later, instead. */
  entry(topic: TopicId, relaySeq: number, encoded: Bytes): void
  /** Only worth something now: dropped for a slow reader. */
  fleeting(encoded: Bytes): void
  /** False while the reader is behind: whoever has much to send stops and goes on at `onDrained`. */
  readonly keepsUp: boolean
  end(): void
}

interface OutboxOptions {
  readonly sink: Sink
  readonly clock: Clock
  readonly onDrained: () => void
  /** Sees each answer, before it leaves. */
  readonly onSend?: (frame: Frame) => void
}

export function makeOutbox({ sink, clock, onDrained, onSend }: OutboxOptions): Outbox {
  let waiting: Bytes[] = []
  const owedHeads = new Map<TopicId, number>()
  let behindSince: number | null = null
  let cancel = (): void => undefined
  let ended = false
  const close = (reason: string): void => {
    ended = true
    cancel()
    sink.close(4408, reason)
  }
  const drain = (): void => {
    while (waiting[0] && sink.send(waiting[0])) waiting = waiting.slice(1)
    for (const [topic, relaySeq] of waiting.length > 0 ? [] : owedHeads) {
      if (!sink.send(encodeFrame({ type: 'HEAD', topic, relaySeq }))) break
      owedHeads.delete(topic)
    }
    if (waiting.length === 0 && owedHeads.size === 0) {
      behindSince = null
      onDrained()
    } else if (clock.now() - (behindSince ?? 0) >= slowReaderLifeMs) close('slow-reader')
    else cancel = clock.after(slowReaderRetryMs, drain)
  }
  const fallBehind = (): void => {
    if (behindSince !== null) return
    behindSince = clock.now()
    cancel = clock.after(slowReaderRetryMs, drain)
  }
  return {
    send: (frame) => {
      if (ended) return
      onSend?.(frame)
      const encoded = encodeFrame(frame)
      if (behindSince === null && sink.send(encoded)) return
      waiting.push(encoded)
      if (waiting.length > maxWaitingAnswers) close('slow-reader')
      else fallBehind()
    },
    entry: (topic, relaySeq, encoded) => {
      if (ended || (behindSince === null && sink.send(encoded))) return
      owedHeads.set(topic, relaySeq)
      fallBehind()
    },
    fleeting: (encoded) => {
      if (!ended && behindSince === null) sink.send(encoded)
    },
    get keepsUp() {
      return behindSince === null
    },
    end: () => {
      ended = true
      cancel()
    },
  }
}
