/** Which messages are new to the reader: where the line stands, and how many have come since. */
import type { MessageView } from '@poruch/replica'

type Shown = Pick<MessageView, 'id' | 'mine'>

/** The first of the newest `unread` messages of others, or null. */
export function firstUnreadOf(messages: readonly Shown[], unread: number): string | null {
  let left = unread
  for (let index = messages.length - 1; index >= 0 && left > 0; index--) {
    const message = messages[index]
    if (message?.mine === false && --left === 0) return message.id
  }
  return null
}

/** How many messages of others follow the one with this id. */
export function countAfter(messages: readonly Shown[], id: string | null): number {
  let count = 0
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]
    if (message?.id === id) return count
    if (message?.mine === false) count++
  }
  return id === null ? 0 : count
}
