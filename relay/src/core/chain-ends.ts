/** Where the chains that were written last end: the next envelope of each is judged without a question to the database. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { maxKnownEnds } from './limits.ts'

interface End {
  readonly seq: number
  readonly id: EnvelopeId
  readonly pos: number
}

export interface ChainEnds {
  /** What is at that place of the chain, null just past its end, `unknown` when only the database can say. */
  at(topic: TopicId, device: DeviceId, seq: number): Omit<End, 'seq'> | null | 'unknown'
  /** The chain ends there on the disk, or further on. */
  moved(topic: TopicId, device: DeviceId, end: End): void
  /** Something of the topic was lost. */
  forget(topic: TopicId): void
}

export function makeChainEnds(): ChainEnds {
  const ends = new Map<string, End>()
  return {
    at: (topic, device, seq) => {
      const end = ends.get(topic + device)
      if (seq === end?.seq) return end
      return seq - 1 === end?.seq ? null : 'unknown'
    },
    moved: (topic, device, end) => {
      const key = topic + device
      if ((ends.get(key)?.seq ?? 0) >= end.seq) return
      // The newest stand last, so that the longest unused is the first to go.
      ends.delete(key)
      ends.set(key, end)
      const [oldest] = ends.size > maxKnownEnds ? ends.keys() : []
      if (oldest !== undefined) ends.delete(oldest)
    },
    forget: (topic) => {
      for (const key of ends.keys()) if (key.startsWith(topic)) ends.delete(key)
    },
  }
}
