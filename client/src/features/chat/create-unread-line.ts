/** Where the line "new" stands: over what was unread at the opening, or came while nobody looked. */
import type { MessageView } from '@poruch/replica'
import type { Accessor } from 'solid-js'
import { createComputed, createSignal, on, untrack } from 'solid-js'
import { firstUnreadOf } from './new-messages.ts'

export interface UnreadLine {
  readonly firstUnread: Accessor<string | null>
  clear(): void
}

export interface UnreadLineSources {
  readonly messages: Accessor<readonly MessageView[]>
  readonly unread: () => number
}

/** Needs an owner. What comes while the page is looked at draws no line. */
export function createUnreadLine({ messages, unread }: UnreadLineSources): UnreadLine {
  const [firstUnread, setFirstUnread] = createSignal<string | null>(null)
  let isOpened = false
  createComputed(
    on(messages, (now) => {
      if (now.length === 0 || (isOpened && document.visibilityState === 'visible')) return
      const found = firstUnreadOf(now, untrack(unread))
      if (!isOpened || found !== null) setFirstUnread(found)
      isOpened = true
    }),
  )
  return {
    firstUnread,
    clear: () => setFirstUnread(null),
  }
}
