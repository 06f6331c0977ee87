/** Conversations as screens see them: messages in order, who wrote them, how far they have got. */
import type { DeviceId, TopicId, UserId, View } from '@poruch/base'
import { docKinds, prefixOf, roles, topicIdOf } from '@poruch/identity/fold'
import { appendMessage, isChatTuple, messageIdOf, messageMaxCharacters, messagesOf } from '@poruch/model'
import type { ChatMessage } from '@poruch/model'
import { SyncError } from '@poruch/sync'
import type { Sync } from '@poruch/sync'
import type { Account } from './account.ts'
import type { ConversationId, ConversationSummary, ConversationView, Delivery, MessageView } from './api.ts'
import { makeDerived } from './derived.ts'
import type { Derived } from './derived.ts'
import type { DirectChats } from './direct-chats.ts'
import type { WorkspaceDirectory } from './directory.ts'
import { makeTopicView } from './doc-views.ts'
import type { TopicView } from './doc-views.ts'
import type { Documents } from './documents.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReadMarks } from './read-marks.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface Conversations {
  view(id: ConversationId): View<ConversationView>
  summaries(): readonly ConversationSummary[]
  send(id: ConversationId, text: string): Promise<void>
  markRead(id: ConversationId): Promise<void>
  /** The conversation that a topic belongs to, or null. */
  ofTopic(topic: TopicId): ConversationId | null
  topicOf(id: ConversationId): TopicId | null
  /** Something that views show has changed; without a topic, anywhere. */
  invalidate(topic?: TopicId): void
  /** Names or roles have changed. */
  refresh(): void
}

export interface ConversationsOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly documents: Documents
  readonly directory: WorkspaceDirectory
  readonly directs: DirectChats
  readonly marks: ReadMarks
  readonly sync: Sync
}

interface Known {
  readonly id: ConversationId
  readonly topic: TopicId
  readonly messages: TopicView<readonly ChatMessage[]>
  readonly view: Derived<ConversationView>
}

/** The guard's schema of chats, and where a tuple holds its lamport number. */
export const chatShape = { schema: isChatTuple, lamportField: 3 } as const

export function makeConversations(options: ConversationsOptions): Conversations {
  const { account, log, documents, directory, directs, marks, sync } = options
  const known = new Map<TopicId, Known>()

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
    const view = makeDerived(() => viewOf(options, { id, topic, title: titleOf(id), messages: messages.read() }))
    const made: Known = { id, topic, messages, view }
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
  const othersIn = (at: Known): number => at.messages.read().filter(({ device }) => device !== account.device).length

  return {
    topicOf,
    ofTopic: (topic) => {
      const other = directs.otherOf(prefixOf(topic))
      if (other) return { kind: 'direct', user: other }
      const doc = log.fold.docs().find(({ prefix, kind }) => prefix === prefixOf(topic) && kind === docKinds.channel)
      return doc ? { kind: 'channel', prefix: doc.prefix } : null
    },
    view: (id) => {
      const at = ensure(id)
      if (!at) throw new ReplicaError('unknown-conversation', 'no such channel or member')
      return at.view
    },
    summaries: () =>
      ids().map((id) => {
        const at = ensure(id)
        const last = at?.messages.read().findLast(({ deleted }) => !deleted)
        const unread = at ? Math.max(0, othersIn(at) - marks.count(at.topic)) : 0
        return { id, title: titleOf(id), lastText: last?.text ?? '', lastWallTime: last?.wallTime ?? null, unread }
      }),
    send: async (id, text) => {
      const at = ensure(id)
      if (!at) throw new ReplicaError('unknown-conversation', 'no such channel or member')
      if (text.trim() === '') throw new ReplicaError('empty', 'no text')
      if (text.length > messageMaxCharacters) throw new ReplicaError('too-long', `${text.length} characters`)
      if (id.kind === 'direct') await directs.ensureOwn(id.user)
      await sync.openTopic(at.topic)
      await write(options, at.topic, text)
    },
    markRead: async (id) => {
      const at = ensure(id)
      if (at) await marks.set(at.topic, othersIn(at))
    },
    invalidate: (topic) => {
      if (topic) known.get(topic)?.view.invalidate()
      else for (const { view } of known.values()) view.invalidate()
    },
    refresh: () => {
      for (const { messages, view } of known.values()) {
        messages.refresh()
        view.invalidate()
      }
    },
  }
}

/** What the screen shows at once is taken back when the device could not keep it. */
async function write({ ports, account, documents, sync }: ConversationsOptions, topic: TopicId, text: string): Promise<void> {
  const { n, update } = await documents.edit(topic, (doc, session) => {
    const stamp = { id: messageIdOf(account.device, session.nextMessageNumber()), lamport: session.lamport(), wallTime: ports.clock.now() }
    appendMessage(doc, account.device, { ...stamp, text })
  })
  try {
    await sync.write(topic, n, update)
  } catch (thrown) {
    await sync.rebuild(topic)
    throw asReplicaError(thrown)
  }
}

function asReplicaError(thrown: unknown): unknown {
  if (!(thrown instanceof SyncError)) return thrown
  const options = { cause: thrown, reason: thrown.code }
  if (thrown.code === 'no-key' || thrown.code === 'epoch-due') return new ReplicaError('waiting-for-key', thrown.message, options)
  if (thrown.code === 'no-right' || thrown.code === 'unknown-topic') return new ReplicaError('read-only', thrown.message, options)
  return thrown.code === 'disk-full' ? new ReplicaError('disk-full', thrown.message, options) : thrown
}

interface Content {
  readonly id: ConversationId
  readonly topic: TopicId
  readonly title: string
  readonly messages: readonly ChatMessage[]
}

function viewOf(options: ConversationsOptions, { id, topic, title, messages }: Content): ConversationView {
  const { account, log, directory } = options
  const { names } = directory.read()
  const shown = messages
    .filter(({ deleted }) => !deleted)
    .map((message): MessageView => {
      const author = log.fold.ownerOf(message.device) ?? account.user
      const mine = author === account.user
      const { id: messageId, text, wallTime, device } = message
      const delivery: Delivery = mine ? deliveryOf(options, topic, { id: messageId, device }) : { state: 'received' }
      return { id: messageId, author, authorName: names.get(author) ?? '', mine, text, wallTime, delivery }
    })
  return { id, title, messages: shown, readOnly: readOnlyReason(options, id) }
}

function deliveryOf({ documents, sync }: ConversationsOptions, topic: TopicId, message: { id: string; device: DeviceId }): Delivery {
  const seq = documents.seqOf(topic, message.id)
  if (seq === null) return { state: 'device' }
  if (sync.deliveryOf(topic, message.device, seq) === 'relay') return { state: 'relay' }
  const count = sync.peersHolding(topic, message.device, seq)
  return count > 0 ? { state: 'peers', count } : { state: 'device' }
}

function readOnlyReason({ account, log }: ConversationsOptions, id: ConversationId): ConversationView['readOnly'] {
  const role = (user: UserId): number => log.fold.roleAt(user, log.fold.head()?.pos ?? 0)
  if (role(account.user) === roles.none) return 'removed'
  if (id.kind === 'direct') return role(id.user) === roles.none ? 'other-removed' : null
  const rule = log.fold.docs().find(({ prefix }) => prefix === id.prefix)
  return rule && role(account.user) < rule.minWrite ? 'viewer' : null
}
