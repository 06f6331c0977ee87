/** One connected device session: what it follows, and what is on its way to it. */
import type { DeviceId, InvitationId, ScopeId, TopicId } from '@poruch/base'
import type { Outbox } from './outbox.ts'
import type { Recovery } from './scopes.ts'

/** How far one scope's log and its keys have been sent. */
export interface LogCursor {
  nextPos: number
  keyCursor: number
  /** A step of sending runs; `again` asks for another one after it. */
  sending: Promise<void> | null
  again: boolean
}

export interface Connection {
  readonly device: DeviceId
  /** The invitation whose key the session showed, or null. */
  readonly invitation: InvitationId | null
  /** Whose words the session showed, or null. */
  readonly recovery: Recovery | null
  /** It brings back a log that this relay lost. */
  readonly seeds: boolean
  /** It was a member's at some time: when it is nobody's any more, it is closed. */
  wasMember: boolean
  /** The session may create the first workspace. */
  readonly setup: boolean
  readonly out: Outbox
  readonly topics: Set<TopicId>
  readonly logs: Map<ScopeId, LogCursor>
  close(code: number, reason: string): void
  readonly ended: boolean
}

export interface Hub {
  readonly size: number
  all(): Iterable<Connection>
  ofDevice(device: DeviceId): Connection | null
  add(connection: Connection): void
  remove(connection: Connection): void
  follow(connection: Connection, topic: TopicId): void
  unfollow(connection: Connection, topic: TopicId): void
  /** Sends to all that follow the topic, but not to its origin. */
  fanOut(topic: TopicId, origin: Connection | null, send: (connection: Connection) => void): void
}

export function makeHub(): Hub {
  const byDevice = new Map<DeviceId, Connection>()
  const followers = new Map<TopicId, Set<Connection>>()
  const unfollow = (connection: Connection, topic: TopicId): void => {
    connection.topics.delete(topic)
    const set = followers.get(topic)
    set?.delete(connection)
    if (set?.size === 0) followers.delete(topic)
  }
  return {
    get size() {
      return byDevice.size
    },
    all: () => [...byDevice.values()],
    ofDevice: (device) => byDevice.get(device) ?? null,
    add: (connection) => byDevice.set(connection.device, connection),
    remove: (connection) => {
      if (byDevice.get(connection.device) === connection) byDevice.delete(connection.device)
      for (const topic of connection.topics) unfollow(connection, topic)
      connection.logs.clear()
    },
    follow: (connection, topic) => {
      connection.topics.add(topic)
      const set = followers.get(topic) ?? new Set()
      followers.set(topic, set.add(connection))
    },
    unfollow,
    fanOut: (topic, origin, send) => {
      for (const connection of followers.get(topic) ?? []) if (connection !== origin) send(connection)
    },
  }
}
