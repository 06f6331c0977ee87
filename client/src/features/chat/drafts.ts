/** Texts that were typed and not sent, by conversation, for as long as the page is open. */
import type { ConversationId } from '@poruch/replica'
import { createStore } from 'solid-js/store'
import { keyOf } from '../../app/paths.ts'

export interface Drafts {
  read(id: ConversationId): string
  write(id: ConversationId, text: string): void
}

export function createDrafts(): Drafts {
  const [texts, setTexts] = createStore<Record<string, string>>({})
  return {
    read: (id) => texts[keyOf(id)] ?? '',
    write: (id, text) => {
      setTexts(keyOf(id), text)
    },
  }
}
