/** Sends each connection what it lacks of a scope's log and of its user's keys, in order and as far as it keeps up. */
import type { Bytes, ScopeId, UserId } from '@poruch/base'
import type { Connection, LogCursor } from './connection.ts'
import { maxOrderedBytes, pageRows } from './limits.ts'
import type { CorePorts } from './ports.ts'
import { storageCode } from './refusal.ts'
import type { Scopes, ScopeState } from './scopes.ts'

/** The side collection of key records; its groups are one per scope and user. */
export const keyCollection = 'keys'
export function keyGroup(scope: ScopeId, user: UserId): string {
  return `${scope}/${user}`
}

export interface LogSender {
  /** Sends what is new since the connection's cursor in this scope; nothing when it does not follow the scope. Never rejects. */
  advance(connection: Connection, state: ScopeState): Promise<void>
}

export function makeLogSender({ log, note }: CorePorts, scopes: Scopes): LogSender {
  const sendOrdered = async (connection: Connection, state: ScopeState, cursor: LogCursor): Promise<boolean> => {
    const rows = await log.readScope(state.scope, cursor.nextPos, pageRows)
    const records = withinBytes(rows.map((row) => row.record))
    if (records.length === 0 || !isCurrent(connection, state, cursor)) return false
    cursor.nextPos += records.length
    connection.out.send({ type: 'ORDERED', scope: state.scope, records })
    return true
  }
  const sendKeys = async (connection: Connection, state: ScopeState, cursor: LogCursor): Promise<boolean> => {
    const member = scopes.reader(state, connection)
    const rows = member ? await log.readSide(keyCollection, keyGroup(state.scope, member.user), cursor.keyCursor, pageRows) : []
    for (const row of rows) {
      if (!isCurrent(connection, state, cursor)) return false
      cursor.keyCursor = row.cursor
      connection.out.send({ type: 'KEY', keyCursor: row.cursor, kind: row.value[0] === 2 ? 2 : 1, record: row.value.slice(1) })
    }
    return rows.length > 0
  }
  const run = async (connection: Connection, state: ScopeState, cursor: LogCursor): Promise<void> => {
    do {
      cursor.again = false
      while (connection.out.keepsUp && (await sendOrdered(connection, state, cursor)));
      while (connection.out.keepsUp && (await sendKeys(connection, state, cursor)));
    } while (cursor.again && connection.out.keepsUp)
  }
  const advance: LogSender['advance'] = (connection, state) => {
    const cursor = connection.logs.get(state.scope)
    if (!cursor) return Promise.resolve()
    cursor.again = true
    cursor.sending ??= run(connection, state, cursor)
      .catch((thrown: unknown) => {
        note?.('log-not-read', { code: storageCode(thrown) })
        connection.close(1011, 'relay-failed')
      })
      .then(() => {
        cursor.sending = null
        // Asked for in the last moment of the run that just ended.
        return cursor.again && connection.out.keepsUp ? advance(connection, state) : undefined
      })
    return cursor.sending
  }
  return { advance }
}

/** A later LOGSUB replaces the cursor; what runs for the old one stops. */
function isCurrent(connection: Connection, state: ScopeState, cursor: LogCursor): boolean {
  return !connection.ended && connection.logs.get(state.scope) === cursor
}

/** As many of the first records as fit in one frame; one always does. */
function withinBytes(records: readonly Bytes[]): readonly Bytes[] {
  let sizeBytes = 0
  const end = records.findIndex((record, index) => {
    sizeBytes += record.length + 4
    return index > 0 && sizeBytes > maxOrderedBytes
  })
  return end < 0 ? records : records.slice(0, end)
}
