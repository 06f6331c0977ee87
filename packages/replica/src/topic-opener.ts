/** Opens topics, and tells when what a cut voids in them has changed. */
import type { TopicId } from '@poruch/base'
import type { Sync } from '@poruch/sync'

export interface TopicOpener {
  /** Resolves when each was handed over to its document. Opening one again does nothing. */
  open(topics: Iterable<TopicId>): Promise<void>
  close(): void
}

/** `onOpened` hears of each topic once. */
export function makeTopicOpener(sync: Sync, onVoids: () => void, onOpened: (topic: TopicId) => void): TopicOpener {
  const stops = new Map<TopicId, () => void>()
  const watch = (topic: TopicId): (() => void) => {
    const state = sync.topicState(topic)
    let voids = 0
    const look = (): void => {
      if (state.read().voids === voids) return
      voids = state.read().voids
      onVoids()
    }
    look()
    return state.subscribe(look)
  }
  return {
    open: async (topics) => {
      for (const topic of topics) {
        await sync.openTopic(topic)
        if (stops.has(topic)) continue
        stops.set(topic, watch(topic))
        onOpened(topic)
      }
    },
    close: () => {
      for (const stop of stops.values()) stop()
      stops.clear()
    },
  }
}
