/** Texts that were typed and not sent: the same in all tabs of this device, and there after a restart. */
import { encodeUtf8, makeEmitter, parseId, parseUtf8 } from '@poruch/base'
import type { Bytes, View } from '@poruch/base'
import type { ConversationId, Draft } from './api.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections } from './records.ts'

export interface Drafts {
  readonly view: View<readonly Draft[]>
  /**
   * Shown at once, durable a moment later; an empty text ends the draft. With `after` the disk keeps what it has until that has settled, so
   * that a crash takes no text on its way from the draft into the log. @throws ReplicaError `too-long`
   */
  write(conversation: ConversationId, text: string, after?: Promise<unknown>): void
  /** Writes what is not durable yet. */
  close(): Promise<void>
}

/** A write is a flush of the disk: not one per key. What a crash takes is this much typing. */
const pauseMs = 250
/** Sixty times what can be sent, so that a long paste can still be cut to size. */
const draftMaxCharacters = 1_000_000

export async function openDrafts({ store, clock, log }: Pick<ReplicaPorts, 'store' | 'clock' | 'log'>): Promise<Drafts> {
  const changes = makeEmitter<void>()
  let texts: ReadonlyMap<string, string> = new Map()
  let shown: readonly Draft[] = []
  /** Keys written here and not durable yet. */
  const unsaved = new Set<string>()
  /** Keys whose text on the disk has to stay until this has settled. */
  const held = new Map<string, Promise<unknown>>()
  /** Which of this tab's edits touched a key last. */
  const editOf = new Map<string, number>()
  let edits = 0
  let cancelPause: (() => void) | null = null
  let saving: Promise<void> = Promise.resolve()

  const show = (next: ReadonlyMap<string, string>): void => {
    texts = next
    shown = [...next].flatMap(([key, text]) => {
      const conversation = parseKey(key)
      return conversation ? [{ conversation, text }] : []
    })
    changes.emit()
  }
  const save = async (): Promise<void> => {
    const keys = [...unsaved].filter((key) => !held.has(key))
    if (keys.length === 0) return
    const upTo = edits
    await store.putRecords(keys.map((key) => ({ collection: collections.drafts, key, value: valueOf(texts.get(key)) })))
    for (const key of keys) if ((editOf.get(key) ?? 0) <= upTo) unsaved.delete(key)
  }
  const saveInTurn = (): void => {
    saving = saving.then(save).catch((thrown: unknown) => log?.('draft-not-kept', { error: String(thrown) }))
  }
  const saveSoon = (): void => {
    cancelPause ??= clock.after(pauseMs, () => {
      cancelPause = null
      saveInTurn()
    })
  }
  const hold = (key: string, until: Promise<unknown>): void => {
    held.set(key, until)
    const release = (save: () => void): void => {
      if (held.get(key) !== until) return
      held.delete(key)
      save()
    }
    // What has become a message is no draft any more, at once: a reload would show it twice. What has not is about to be written again.
    until.then(
      () => release(saveInTurn),
      () => release(saveSoon),
    )
  }
  /** What this tab has edited since the reading began is newer than what was read. */
  const refresh = async (): Promise<void> => {
    const before = edits
    const stored = new Map((await store.listRecords(collections.drafts)).map(({ key, value }) => [key, parseUtf8(value) ?? '']))
    const isOwn = (key: string): boolean => unsaved.has(key) || (editOf.get(key) ?? 0) > before
    const next = new Map([...stored].filter(([key]) => !isOwn(key)))
    for (const [key, text] of texts) if (isOwn(key)) next.set(key, text)
    if (!areEqual(texts, next)) show(next)
  }
  await refresh()
  const stopWatching = store.watch((change) => {
    if ('collection' in change && change.collection === collections.drafts)
      refresh().catch((thrown: unknown) => log?.('drafts-not-read', { error: String(thrown) }))
  })

  return {
    view: { read: () => shown, subscribe: changes.subscribe },
    write: (conversation, text, after) => {
      if (text.length > draftMaxCharacters) throw new ReplicaError('too-long', `${text.length} characters`)
      const key = keyOf(conversation)
      if ((texts.get(key) ?? '') === text) return
      edits += 1
      editOf.set(key, edits)
      unsaved.add(key)
      if (after) hold(key, after)
      const next = new Map(texts)
      if (text === '') next.delete(key)
      else next.set(key, text)
      show(next)
      saveSoon()
    },
    close: async () => {
      stopWatching()
      cancelPause?.()
      if (unsaved.size > 0) saveInTurn()
      await saving
    },
  }
}

function areEqual(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, text]) => b.get(key) === text)
}

function valueOf(text: string | undefined): Bytes | null {
  return text === undefined ? null : encodeUtf8(text)
}

function keyOf(id: ConversationId): string {
  return id.kind === 'channel' ? `channel/${id.prefix}` : `direct/${id.user}`
}

/** Null for what another version has written. */
function parseKey(key: string): ConversationId | null {
  const [kind, rest = ''] = key.split('/')
  if (kind === 'channel') return { kind, prefix: rest }
  const user = kind === 'direct' ? parseId<'user'>(rest) : null
  return user && { kind: 'direct', user }
}
