/** Conversations that are asked for before the log is read: said to be read at first, and the real ones from then on. */
import type { Clock, View } from '@poruch/base'
import type { ConversationId, ConversationView } from './api.ts'
import { makeDerived } from './derived.ts'
import type { Derived } from './derived.ts'

export interface EarlyConversations {
  /** The same view for the same conversation. */
  view(id: ConversationId): View<ConversationView>
  close(): void
}

export interface EarlyConversationsOptions {
  readonly clock: Clock
  /** Resolves when the real ones are there. */
  readonly opened: Promise<unknown>
  /** Null before that. @throws ReplicaError `unknown-conversation` */
  real(id: ConversationId): View<ConversationView> | null
  unread(id: ConversationId): ConversationView
}

export function makeEarlyConversations({ clock, opened, real, unread }: EarlyConversationsOptions): EarlyConversations {
  const known = new Map<string, Derived<ConversationView>>()
  const make = (id: ConversationId): Derived<ConversationView> => {
    const view = makeDerived(clock, () => real(id)?.read() ?? unread(id))
    opened
      .then(() => {
        // Before it is followed: of one that does not exist the reader hears.
        view.invalidate()
        real(id)?.subscribe(view.invalidate)
      })
      .catch(() => undefined)
    return view
  }
  return {
    view: (id) => {
      const key = id.kind === 'channel' ? id.prefix : id.user
      const view = known.get(key) ?? make(id)
      known.set(key, view)
      return view
    },
    close: () => {
      for (const view of known.values()) view.close()
    },
  }
}
