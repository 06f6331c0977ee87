/** What one member's device shows and holds at the end of a schedule. */
import { toHex } from '@poruch/base'
import type { UserId } from '@poruch/base'
import type { Alarm, OpenReplica } from '@poruch/replica'
import type { LogStore } from '@poruch/sync'

export interface Snapshot {
  readonly name: string
  readonly user: UserId
  /** Length and last record of the scope's log on the disk. */
  readonly logHead: string
  /** Name, titles, members as everybody shall see them: one line each. */
  readonly directory: readonly string[]
  /** Per channel or pair, the messages in order. */
  readonly conversations: ReadonlyMap<string, readonly Shown[]>
  /** Texts offered to an admin. */
  readonly late: readonly string[]
  readonly alarms: readonly Alarm[]
  /** What the device still waits for; empty at rest. */
  readonly unrest: readonly string[]
}

export interface Shown {
  readonly id: string
  readonly author: UserId
  readonly text: string
}

/** Null for a device that is no present member's. */
export async function takeSnapshot(name: string, replica: OpenReplica, disk: LogStore): Promise<Snapshot | null> {
  const workspace = replica.workspace.read()
  const self = workspace?.members.find(({ isMe }) => isMe)
  if (!workspace || !self) return null
  const conversations = new Map<string, readonly Shown[]>()
  for (const { id } of workspace.conversations) {
    const key = id.kind === 'channel' ? id.prefix : pairOf(self.user, id.user)
    conversations.set(
      key,
      replica
        .conversation(id)
        .read()
        .messages.map((message) => ({ id: message.id, author: message.author, text: message.text })),
    )
  }
  const log = await disk.listRecords('log')
  const last = log.at(-1)
  return {
    name,
    user: self.user,
    logHead: `${log.length} ${last ? toHex(last.value).slice(-64) : ''}`,
    directory: [
      workspace.name,
      ...workspace.conversations.flatMap(({ id, title }) => (id.kind === 'channel' ? [`${id.prefix} ${title}`] : [])),
      ...workspace.members.map((member) => `${member.user} ${member.role} ${member.name}`).toSorted(),
    ],
    conversations,
    late: workspace.late.map(({ text }) => text),
    alarms: replica.alarms.read(),
    unrest: unrestOf(replica),
  }
}

export function pairOf(one: UserId, other: UserId): string {
  return [one, other].toSorted().join(' ')
}

function unrestOf(replica: OpenReplica): readonly string[] {
  const { relay, waitingChanges } = replica.connection.read()
  return [
    ...(relay.state === 'connected' ? [] : [`the relay is ${relay.state} ${relay.code ?? ''}`]),
    ...(waitingChanges > 0 ? [`${waitingChanges} changes wait`] : []),
  ]
}
