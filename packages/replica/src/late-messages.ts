/** Messages that a cut voids, for an admin to decide upon. */
import type { TopicId, UserId } from '@poruch/base'
import { messagesInUpdate } from '@poruch/model'
import type { Opened, Sync } from '@poruch/sync'
import type { ConversationId, LateMessage } from './api.ts'

export interface LateMessages {
  list(): readonly LateMessage[]
  /** Reads anew what is void in these topics. */
  refresh(topics: readonly TopicId[]): Promise<void>
  /** Where the envelope of a listed message stands. */
  find(id: string): { readonly topic: TopicId; readonly opened: Opened } | null
}

export interface LateMessagesOptions {
  readonly sync: Sync
  conversationOf(topic: TopicId): ConversationId | null
  nameOf(user: UserId): string
  onChange(): void
}

export function makeLateMessages({ sync, conversationOf, nameOf, onChange }: LateMessagesOptions): LateMessages {
  let found: readonly { readonly message: LateMessage; readonly topic: TopicId; readonly opened: Opened }[] = []
  return {
    list: () => found.map(({ message }) => message),
    find: (id) => found.find(({ message }) => message.id === id) ?? null,
    refresh: async (topics) => {
      const all: (typeof found)[number][] = []
      for (const topic of topics) {
        const conversation = conversationOf(topic)
        if (!conversation) continue
        for (const opened of await sync.voidOf(topic)) {
          for (const { id, text, wallTime } of opened.updates.flatMap((update) => messagesInUpdate(update, opened.device))) {
            all.push({ topic, opened, message: { id, conversation, author: opened.user, authorName: nameOf(opened.user), text, wallTime } })
          }
        }
      }
      if (all.length === 0 && found.length === 0) return
      found = all
      onChange()
    },
  }
}
