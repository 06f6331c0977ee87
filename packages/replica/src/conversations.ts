/** Conversations as screens see them: messages in order, who wrote them, how far they have got. */
import type { DeviceId, TopicId, UserId, View } from '@poruch/base'
import { docKinds, prefixOf, roles, topicIdOf } from '@poruch/identity/fold'
import { appendMessage, isChatTuple, messageIdOf, messageMaxCharacters, messagesOf } from '@poruch/model'
import type { ChatMessage } from '@poruch/model'
import type { Sync } from '@poruch/sync'
import type { Account } from './account.ts'
import type { ConversationId, ConversationSummary, ConversationView, Delivery, MessageView } from './api.ts'
import { makeDerived, makeMemo } from './derived.ts'
import type { Derived, Memo } from './derived.ts'
import type { DirectChats } from './direct-chats.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { makeTopicView } from './doc-views.ts'
import type { TopicView } from './doc-views.ts'
import { asReplicaError } from './document-writer.ts'
import type { DocumentWriter } from './document-writer.ts'
import type { Documents } from './documents.ts'
import { usableEpoch } from './epoch-keys.ts'
import type { EpochKeys } from './epoch-keys.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReadMarks } from './read-marks.ts'
import { withTombstones } from './tombstones.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface Conversations {
  view(id: ConversationId): View<ConversationView>
  summaries(): readonly ConversationSummary[]
  send(id: ConversationId, text: string): Promise<void>
  erase(id: ConversationId, messageId: string): Promise<void>
  markRead(id: ConversationId): Promise<void>
  /** The conversation that a topic belongs to, or null. */
  ofTopic(topic: TopicId): ConversationId | null
  topicOf(id: ConversationId): TopicId | null
  /** Those of the views that were asked for. */
  askedTopics(): readonly TopicId[]
  /** Who types in a topic is known anew, oneself apart. */
  noteTyping(topic: TopicId, users: readonly UserId[]): void
  /** What is stored of a topic has been read; of all of them, where none is named. */
  noteRead(topic?: TopicId): void
  /** A document has changed. */
  invalidate(topic: TopicId): void
  /** It is known better where one's own messages have got to. */
  invalidateDelivery(): void
  /** Names, titles, keys or read marks have changed. */
  invalidateAll(): void
  /** The log has grown: owners of devices and roles, too. */
  refresh(): void
  /** No view tells anything any more. */
  close(): void
}

export interface ConversationsOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly documents: Documents
  readonly directory: WorkspaceDirectory
  readonly directs: DirectChats
  readonly marks: ReadMarks
  readonly keys: EpochKeys
  readonly sync: Sync
  readonly writer: DocumentWriter
}

interface Known {
  readonly id: ConversationId
  readonly topic: TopicId
  readonly messages: TopicView<readonly ChatMessage[]>
  /** Messages of others. */
  readonly others: Memo<number>
  readonly summary: Memo<ConversationSummary>
  readonly view: Derived<ConversationView>
}

/** The guard's schema of chats, and where a tuple holds its lamport number. */
export const chatShape = { schema: isChatTuple, lamportField: 3 } as const

export function makeConversations(options: ConversationsOptions): Conversations {
  const { ports, account, log, documents, directory, directs, marks, writer } = options
  const known = new Map<TopicId, Known>()
  const asked = new Set<TopicId>()
  const typing = new Map<TopicId, readonly UserId[]>()
  /** Null once all are. */
  let read: Set<TopicId> | null = new Set()

  const topicOf = (id: ConversationId): TopicId | null => {
    const prefix = id.kind === 'channel' ? id.prefix : directs.prefixOf(id.user)
    return prefix ? topicIdOf(prefix, 0) : null
  }
  const titleOf = (id: ConversationId): string =>
    (id.kind === 'channel' ? directory.read().titles.get(id.prefix) : directory.read().names.get(id.user)) ?? ''
  const ensure = (id: ConversationId): Known | null => {
    const topic = topicOf(id)
    if (!topic) return null
    const found = known.get(topic)
    if (found) return found
    const messages = makeTopicView(documents, topic, (doc) => messagesOf(doc, { userOf: log.fold.ownerOf }))
    const view = makeDerived(ports.clock, () =>
      viewOf(options, {
        id,
        topic,
        title: titleOf(id),
        messages: messages.read(),
        isReading: read?.has(topic) === false,
        typing: typing.get(topic) ?? [],
      }),
    )
    const isOthers = ({ device }: { readonly device: DeviceId }): boolean => device !== account.device
    const others = makeMemo(() => {
      const erased = documents.erasedOf(topic).filter(isOthers)
      // What was counted as read stays counted when it is erased.
      return messages.read().filter(isOthers).length + erased.reduce((sum, { count }) => sum + count, 0)
    })
    const summary = makeMemo((): ConversationSummary => {
      const last = messages.read().findLast(({ deleted }) => !deleted)
      const unread = Math.max(0, others.read() - marks.count(topic))
      return { id, title: titleOf(id), lastText: last?.text ?? '', lastWallTime: last?.wallTime ?? null, unread }
    })
    const made: Known = { id, topic, messages, others, summary, view }
    known.set(topic, made)
    return made
  }
  const ids = (): ConversationId[] => [
    ...log.fold
      .docs()
      .filter(({ kind }) => kind === docKinds.channel)
      .map(({ prefix }) => ({ kind: 'channel', prefix }) as const),
    ...log.fold.members().flatMap(({ user }) => (user === account.user ? [] : [{ kind: 'direct', user } as const])),
  ]
  const invalidateOne = ({ others, summary, view }: Known): void => {
    others.invalidate()
    summary.invalidate()
    view.invalidate()
  }

  return {
    topicOf,
    askedTopics: () => [...asked],
    ofTopic: (topic) => {
      const other = directs.otherOf(prefixOf(topic))
      if (other) return { kind: 'direct', user: other }
      const doc = log.fold.docs().find(({ prefix, kind }) => prefix === prefixOf(topic) && kind === docKinds.channel)
      return doc ? { kind: 'channel', prefix: doc.prefix } : null
    },
    view: (id) => {
      const at = ensure(id)
      if (!at) throw new ReplicaError('unknown-conversation', 'no such channel or member')
      asked.add(at.topic)
      return at.view
    },
    summaries: () => ids().flatMap((id) => ensure(id)?.summary.read() ?? []),
    send: async (id, text) => {
      const at = ensure(id)
      if (!at) throw new ReplicaError('unknown-conversation', 'no such channel or member')
      if (text.trim() === '') throw new ReplicaError('empty', 'no text')
      if (text.length > messageMaxCharacters) throw new ReplicaError('too-long', `${text.length} characters`)
      if (id.kind === 'direct') await ensureOwn(id.user)
      await writer.write(at.topic, (doc, session) => {
        const message = messageIdOf(account.device, session.nextMessageNumber())
        appendMessage(doc, account.device, { id: message, lamport: session.lamport(), wallTime: ports.clock.now(), text })
      })
    },
    erase: async (id, messageId) => {
      const at = ensure(id)
      if (!at) throw new ReplicaError('unknown-conversation', 'no such channel or member')
      const place = documents.envelopeOf(at.topic, messageId)
      if (place === null) throw new ReplicaError('refused', 'no such message is in the log here', { reason: 'no-target' })
      await writer.erase(at.topic, place)
    },
    markRead: async (id) => {
      const at = ensure(id)
      if (at) await marks.set(at.topic, at.others.read())
    },
    noteTyping: (topic, users) => {
      if (users.length === 0) typing.delete(topic)
      else typing.set(topic, users)
      known.get(topic)?.view.invalidate()
    },
    noteRead: (topic) => {
      if (topic) {
        read?.add(topic)
        known.get(topic)?.view.invalidate()
      } else {
        read = null
        for (const { view } of known.values()) view.invalidate()
      }
    },
    invalidate: (topic) => {
      const at = known.get(topic)
      if (at) invalidateOne(at)
    },
    invalidateDelivery: () => {
      for (const { view } of known.values()) view.invalidate()
    },
    invalidateAll: () => {
      for (const at of known.values()) invalidateOne(at)
    },
    refresh: () => {
      for (const at of known.values()) {
        at.messages.refresh()
        invalidateOne(at)
      }
    },
    close: () => {
      for (const { view } of known.values()) view.close()
    },
  }

  async function ensureOwn(other: UserId): Promise<void> {
    try {
      await directs.ensureOwn(other)
    } catch (thrown) {
      throw asReplicaError(thrown)
    }
  }
}

interface Content {
  readonly id: ConversationId
  readonly topic: TopicId
  readonly title: string
  readonly messages: readonly ChatMessage[]
  readonly isReading: boolean
  readonly typing: readonly UserId[]
}

function viewOf(options: ConversationsOptions, { id, topic, title, messages, isReading, typing }: Content): ConversationView {
  const { account, log, directory, documents } = options
  const { names } = directory.read()
  const shown = withTombstones(messages, documents.erasedOf(topic)).map((message): MessageView => {
    const author = log.fold.ownerOf(message.device) ?? account.user
    const mine = author === account.user
    const { id: messageId, text, wallTime, device, eraser } = message
    const isGone = eraser !== undefined
    const delivery: Delivery = mine && !isGone ? deliveryOf(options, topic, { id: messageId, device }) : { state: 'received' }
    const view = { id: messageId, author, authorName: names.get(author) ?? '', mine, text, wallTime, delivery }
    if (!isGone) return view
    const by = (eraser && log.fold.ownerOf(eraser)) ?? author
    return { ...view, erased: { by, name: names.get(by) ?? '' } }
  })
  const typists = typing.map((user) => ({ user, name: names.get(user) ?? '' }))
  return { id, title, messages: shown, isReading, typing: typists, readOnly: readOnlyReason(options, id) }
}

function deliveryOf(
  { documents, sync, account }: ConversationsOptions,
  topic: TopicId,
  message: { id: string; device: DeviceId },
): Delivery {
  const seq = documents.seqOf(topic, message.id)
  // One's own is in the document before it is in the log; what comes from another device is in the log.
  if (seq === null) return { state: message.device === account.device ? 'writing' : 'device' }
  if (sync.deliveryOf(topic, message.device, seq) === 'relay') return { state: 'relay' }
  const count = sync.peersHolding(topic, message.device, seq)
  return count > 0 ? { state: 'peers', count } : { state: 'device' }
}

function readOnlyReason({ account, log, keys }: ConversationsOptions, id: ConversationId): ConversationView['readOnly'] {
  const pos = log.fold.head()?.pos ?? 0
  const role = (user: UserId): number => log.fold.roleAt(user, pos)
  if (role(account.user) === roles.none) return 'removed'
  if (id.kind === 'direct') return role(id.user) === roles.none ? 'other-removed' : null
  const rule = log.fold.docs().find(({ prefix }) => prefix === id.prefix)
  if (rule && role(account.user) < rule.minWrite) return 'viewer'
  return !log.fold.epochDue() && usableEpoch(log.fold, keys) ? null : 'waiting-for-key'
}
