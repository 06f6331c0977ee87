/** What the people of a schedule did and were told: the truth that the end is held against. */
import type { ConversationId, OpenReplica } from '@poruch/replica'

/** One message; its text is in no other one. */
export interface Sent {
  readonly text: string
  readonly author: string
  readonly conversation: ConversationId
  /** What the author saw in the conversation when writing. */
  readonly seen: readonly string[]
  /** `kept` once `send` has resolved, `refused` when it threw, `open` when a crash came before either. */
  state: 'open' | 'kept' | 'refused'
  /** Written when everything had healed: nothing may refuse it. */
  isLast?: boolean
}

/** Something that must never be, seen while the schedule ran. */
export interface Sight {
  readonly kind: 'cause' | 'broken' | 'stranger' | 'lost'
  readonly text: string
}

export interface Ledger {
  readonly sent: ReadonlyMap<string, Sent>
  readonly sights: readonly Sight[]
  write(sent: Omit<Sent, 'state'>): Sent
  see(sight: Sight): void
  /** Watches conversations of a run that were not watched yet: whoever reads a message has read what its author had. */
  watchNew(reader: string, replica: OpenReplica, conversations: readonly ConversationId[]): void
  /** Texts that may be gone, and whether they must be: somebody who stayed has erased them and was told so. */
  erased(): ReadonlyMap<string, boolean>
  /** `by`: null before it is done. */
  erase(text: string, by: string | null): void
  /** From now on messages of this author may be taken back by a cut. */
  excuse(author: string): void
}

const maxSights = 20

export function makeLedger(): Ledger {
  const sent = new Map<string, Sent>()
  const sights: Sight[] = []
  const excused = new Set<string>()
  const erased = new Map<string, Set<string>>()
  const watched = new WeakMap<OpenReplica, Set<string>>()
  const see = (sight: Sight): void => {
    if (sights.length < maxSights) sights.push(sight)
  }
  const check = (reader: string, text: string, shown: ReadonlySet<string>): void => {
    const message = sent.get(text)
    for (const before of message?.seen ?? []) {
      const author = sent.get(before)?.author
      if (shown.has(before) || author === undefined || excused.has(author) || erased.has(before)) continue
      see({ kind: 'cause', text: `${reader} was shown ${text} before ${before}, which its author had read` })
    }
  }
  const watch = (reader: string, replica: OpenReplica, conversation: ConversationId): void => {
    const view = replica.conversation(conversation)
    const known = new Set<string>()
    const look = (): void => {
      const texts = view.read().messages.map((message) => message.text)
      const fresh = texts.filter((text) => !known.has(text))
      if (fresh.length === 0) return
      const shown = new Set(texts)
      for (const text of fresh) {
        known.add(text)
        check(reader, text, shown)
      }
    }
    view.subscribe(look)
    look()
  }
  return {
    sent,
    sights,
    see,
    write: (message) => {
      const made: Sent = { ...message, state: 'open' }
      sent.set(made.text, made)
      return made
    },
    // What somebody who is cut off afterwards has erased may stay at the relay.
    erased: () => new Map([...erased].map(([text, authors]) => [text, [...authors].some((author) => !excused.has(author))])),
    erase: (text, by) => {
      const authors = erased.get(text) ?? new Set<string>()
      erased.set(text, by === null ? authors : authors.add(by))
    },
    excuse: (author) => excused.add(author),
    watchNew: (reader, replica, conversations) => {
      const known = watched.get(replica) ?? new Set<string>()
      watched.set(replica, known)
      for (const id of conversations) {
        const name = id.kind === 'channel' ? id.prefix : id.user
        if (known.has(name)) continue
        known.add(name)
        watch(reader, replica, id)
      }
    },
  }
}
