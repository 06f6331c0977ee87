/** How many of this device's envelopes a relay has not acknowledged. */
import { makeCell } from '@poruch/base'
import type { TopicId, View } from '@poruch/base'
import type { SessionHost } from '../engine/session.ts'
import type { RelayBook } from './book.ts'

export interface Unsent {
  readonly count: View<number>
  /** Counts one topic again. */
  recount(topic: TopicId): void
}

/** Counts the topics that were counted once; cost of a change is that of its topic alone. */
export function makeUnsent(host: SessionHost, book: RelayBook): Unsent {
  const own = host.core.signer.device
  const counts = new Map<TopicId, number>()
  const count = makeCell(0)
  return {
    count,
    recount: (topic) => {
      const head = host
        .topicOf(topic)
        .state.read()
        .heads.find((each) => each.device === own)
      const missing = Math.max(0, (head?.seq ?? 0) - (book.placeOf(topic)?.holds.get(own) ?? 0))
      const before = counts.get(topic) ?? 0
      counts.set(topic, missing)
      count.set(count.read() + missing - before)
    },
  }
}
