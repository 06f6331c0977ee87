/** Which rows the sidebar has, in which order: a person has one as soon as they are a member, and for as long as there is a chat. */
import type { ConversationId, WorkspaceView } from '@poruch/replica'
import { keyOf } from '../../app/paths.ts'
import { plainName } from '../../app/person-name.ts'

const channelWriters: ReadonlySet<string> = new Set(['editor', 'admin', 'owner'])

export function mayCreateChannel(role: WorkspaceView['myRole']): boolean {
  return channelWriters.has(role)
}

export interface ConversationRow {
  readonly id: ConversationId
  /** Empty where a person's name has not arrived. */
  readonly title: string
  readonly unread: number
  /** Of a person: one of their devices was heard of lately. */
  readonly isHere: boolean
}

export interface ConversationRows {
  readonly channels: ReadonlyMap<string, ConversationRow>
  readonly people: ReadonlyMap<string, ConversationRow>
}

/** Both sorted by title as the language sorts. */
export function conversationRows(workspace: WorkspaceView | null, language: string): ConversationRows {
  const collator = new Intl.Collator(language)
  const sorted = (rows: readonly ConversationRow[]): ReadonlyMap<string, ConversationRow> =>
    new Map(rows.toSorted((a, b) => collator.compare(a.title, b.title)).map((row) => [keyOf(row.id), row]))
  const all = workspace?.conversations.map(({ id, title, unread }) => ({ id, title: plainName(title), unread, isHere: false })) ?? []
  const chats = new Map(all.filter(({ id }) => id.kind === 'direct').map((row) => [keyOf(row.id), row]))
  for (const member of workspace?.members ?? []) {
    const id: ConversationId = { kind: 'direct', user: member.user }
    const key = keyOf(id)
    if (!member.isMe)
      chats.set(key, {
        id,
        title: plainName(member.name) || (chats.get(key)?.title ?? ''),
        unread: chats.get(key)?.unread ?? 0,
        isHere: member.isHere,
      })
  }
  return { channels: sorted(all.filter(({ id }) => id.kind === 'channel')), people: sorted([...chats.values()]) }
}
