/** Tells the others that one types, for as long as something new stands in the field. */
import type { ConversationId, Replica } from '@poruch/replica'
import type { Accessor } from 'solid-js'
import { onCleanup } from 'solid-js'

export interface TypingSigns {
  /** The text has been changed by its writer. */
  typed(text: string): void
  /** It was sent, or the person went elsewhere. */
  ended(): void
}

/** Needs an owner; with it the typing ends. */
export function createTyping(id: ConversationId, { setTyping }: Pick<Replica, 'setTyping'>, isTold: Accessor<boolean>): TypingSigns {
  let isOn = false
  const set = (next: boolean): void => {
    if (next || isOn) setTyping(id, next)
    isOn = next
  }
  onCleanup(() => set(false))
  return {
    typed: (text) => set(isTold() && text.trim() !== ''),
    ended: () => set(false),
  }
}
