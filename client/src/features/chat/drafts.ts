/** Texts that were typed and not sent, as this device keeps them. */
import type { ConversationId, Replica } from '@poruch/replica'
import { createView } from '@poruch/ui'
import { keyOf } from '../../app/paths.ts'

/** Six times what can be sent: a longer paste is cut, and its length is said. The replica keeps more than that. */
export const draftMaxCharacters = 100_000

export interface Drafts {
  read(id: ConversationId): string
  /** By the conversation's key. */
  has(key: string): boolean
  /** The disk keeps what it has until `sending` has settled. */
  write(id: ConversationId, text: string, sending?: Promise<void>): void
  /** Puts a text on a line of its own below what stands there. */
  add(id: ConversationId, text: string): void
}

/** Needs an owner; everything that reads it in a tracked place follows, also what another tab writes. */
export function createDrafts(device: () => Pick<Replica, 'drafts' | 'writeDraft'>): Drafts {
  const texts = createView(
    () => device().drafts,
    (drafts): Readonly<Record<string, string>> => Object.fromEntries(drafts.map(({ conversation, text }) => [keyOf(conversation), text])),
  )
  const read = (id: ConversationId): string => texts()[keyOf(id)] ?? ''
  const write: Drafts['write'] = (id, text, sending) => {
    device().writeDraft(id, text.slice(0, draftMaxCharacters), sending).catch(reportError)
  }
  return {
    read,
    has: (key) => (texts()[key] ?? '').trim() !== '',
    write,
    add: (id, text) => {
      const before = read(id)
      write(id, before === '' ? text : `${before}\n${text}`)
    },
  }
}
