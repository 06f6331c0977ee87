/** Takes the entries of a relay's order, and reads again what it left out, changed, or sent out of its place: it may be honest by then. */
import type { Bytes, TopicId } from '@poruch/base'
import type { Received } from '../engine/receive.ts'
import type { SessionHost } from '../engine/session.ts'
import { firstRereadMs, maxRereads } from '../limits.ts'
import type { RelayBook } from './book.ts'
import type { CatchUp } from './catch-up.ts'

export interface Entries {
  /** @throws SyncError of the store; then nothing has moved. */
  take(topic: TopicId, relaySeq: number, envelope: Bytes): Promise<void>
}

export interface EntriesOptions {
  readonly host: SessionHost
  readonly book: RelayBook
  readonly catchUp: CatchUp
  readonly signal: AbortSignal
}

/** Each reading waits this many times as long as the one before it. */
const rereadFactor = 3

export function makeEntries({ host, book, catchUp, signal }: EntriesOptions): Entries {
  const rereads = new Map<TopicId, { count: number; isDue: boolean }>()
  /** Something of the topic waits, or was passed over: unless that is over by then, it is read again. */
  const doubt = (topic: TopicId): void => {
    const reread = rereads.get(topic) ?? { count: 0, isDue: false }
    rereads.set(topic, reread)
    if (reread.isDue || reread.count >= maxRereads) return
    reread.isDue = true
    const cancel = host.core.clock.after(firstRereadMs * rereadFactor ** reread.count++, () => {
      signal.removeEventListener('abort', cancel)
      reread.isDue = false
      if (signal.aborted || !book.isDoubtful(topic)) return
      // While it is read nothing of it may go back.
      if ((book.placeOf(topic)?.busy ?? 0) > 0) return doubt(topic)
      host.core.log('topic-read-again', { topic })
      book.reread(topic)
      catchUp.want([topic])
    })
    signal.addEventListener('abort', cancel, { once: true })
  }
  const passOver = (topic: TopicId, relaySeq: number): void => {
    book.passOver(topic, relaySeq)
    doubt(topic)
  }
  const goBack = (topic: TopicId): void => {
    book.rewind(topic)
    catchUp.wantLater([topic])
  }
  const settled = (topic: TopicId, relaySeq: number, outcome: Received): void => {
    if (outcome.kind === 'stored' || outcome.kind === 'known') {
      book.raise(topic, outcome.device, outcome.seq)
      book.advance(topic, relaySeq, outcome.id)
    } else if (outcome.kind === 'dropped') goBack(topic)
    else if (outcome.kind === 'refused') passOver(topic, relaySeq)
    else book.advance(topic, relaySeq, null)
  }
  return {
    take: async (topic, relaySeq, envelope) => {
      const place = book.placeOf(topic)
      if (signal.aborted || !place || relaySeq <= place.seen) return
      if (relaySeq - 1 > Math.max(place.seen, place.packedTo)) passOver(topic, relaySeq - 1)
      const { readings } = place
      const received = await host.topicOf(topic).receive(envelope, 'relay')
      // Reading has begun again meanwhile, maybe in another session: this entry comes once more.
      if (book.placeOf(topic) !== place || place.readings !== readings) return
      if (received.kind === 'dropped') place.behind = Math.max(place.behind, relaySeq)
      if (received.kind !== 'waiting') return settled(topic, relaySeq, received)
      const isCounted = book.wait(topic, relaySeq)
      doubt(topic)
      void received.settled.then((outcome) => {
        if (isCounted()) settled(topic, relaySeq, outcome)
      })
    },
  }
}
