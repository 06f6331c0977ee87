/** Scope logs and small records, in SQL. */
import type Database from 'better-sqlite3'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { SideRow } from '@poruch/sync/relay-log'
import type { Tables } from './protocol.ts'
import { rowSum } from './row-sums.ts'

interface SideRecord {
  readonly cursor: number
  readonly key: string
  readonly value: Uint8Array
  readonly sum: number
}

export function makeScopeTables(db: Database.Database): Pick<Tables, 'appendScope' | 'replaceScope' | 'readScope' | 'scopes'> {
  const findScope = db.prepare<[string], { id: number }>('SELECT id FROM scope WHERE sid = ?')
  const addScope = db.prepare<[string]>('INSERT INTO scope (sid) VALUES (?)')
  const next = db.prepare<[number], { pos: number }>('SELECT coalesce(max(pos) + 1, 0) AS pos FROM scope_log WHERE scope = ?')
  const insert = db.prepare<[number, number, Uint8Array, number]>('INSERT INTO scope_log (scope, pos, record, sum) VALUES (?, ?, ?, ?)')
  const read = db.prepare<[number, number, number], { pos: number; record: Uint8Array; sum: number }>(
    'SELECT pos, record, sum FROM scope_log WHERE scope = ? AND pos >= ? ORDER BY pos LIMIT ?',
  )
  const cut = db.prepare<[number, number]>('DELETE FROM scope_log WHERE scope = ? AND pos >= ?')
  const list = db.prepare<[], { sid: string }>('SELECT sid FROM scope ORDER BY id')
  const append = (rows: Parameters<Tables['appendScope']>[0]): void => {
    for (const row of rows) {
      const scope = findScope.get(row.scope)?.id ?? Number(addScope.run(row.scope).lastInsertRowid)
      const pos = next.get(scope)?.pos ?? 0
      if (row.pos !== pos) throw new RelayLogError('moved', `position ${row.pos} where ${pos} is next`)
      insert.run(scope, pos, row.record, rowSum(row.scope, pos, row.record))
    }
  }
  const replace = (rows: Parameters<Tables['replaceScope']>[0]): void => {
    const [first] = rows
    if (first) cut.run(findScope.get(first.scope)?.id ?? 0, first.pos)
    append(rows)
  }
  return {
    // Nested in the group's transaction: what a refusal finds already written is undone.
    appendScope: db.transaction(append),
    replaceScope: db.transaction(replace),
    readScope: (scope, fromPos, limit) =>
      read.all(findScope.get(scope)?.id ?? 0, fromPos, limit).map(({ pos, record, sum }) => {
        // A log without one of its records is none: there is no going on without it.
        if (rowSum(scope, pos, record) !== sum)
          throw new RelayLogError('damaged', `record ${pos} of a scope's log is not as it was written`)
        return { scope, pos, record: new Uint8Array(record) }
      }),
    scopes: () => list.all().map(({ sid }) => sid),
  }
}

export function makeSideTables(db: Database.Database): Pick<Tables, 'putSide' | 'readSide' | 'deleteSide'> {
  const findGroup = db.prepare<[string, string], { id: number; last: number }>(
    'SELECT id, last FROM side_group WHERE collection = ? AND name = ?',
  )
  const addGroup = db.prepare<[string, string]>('INSERT INTO side_group (collection, name, last) VALUES (?, ?, 0)')
  const moveLast = db.prepare<[number, number]>('UPDATE side_group SET last = ? WHERE id = ?')
  const byKey = db.prepare<[number, string], { cursor: number }>('SELECT cursor FROM side WHERE grp = ? AND key = ?')
  const insert = db.prepare<[number, number, string, Uint8Array, number]>(
    'INSERT INTO side (grp, cursor, key, value, sum) VALUES (?, ?, ?, ?, ?)',
  )
  const drop = db.prepare<[number, number]>('DELETE FROM side WHERE grp = ? AND cursor = ?')
  const remove = db.prepare<[number, string]>('DELETE FROM side WHERE grp = ? AND key = ?')
  const read = db.prepare<[number, number, number], SideRecord>(
    'SELECT cursor, key, value, sum FROM side WHERE grp = ? AND cursor > ? ORDER BY cursor LIMIT ?',
  )
  return {
    putSide: (row) => {
      const group = findGroup.get(row.collection, row.group)
      const known = byKey.get(group?.id ?? 0, row.key)
      if (known) return { cursor: known.cursor, known: true }
      const id = group?.id ?? Number(addGroup.run(row.collection, row.group).lastInsertRowid)
      const cursor = (group?.last ?? 0) + 1
      insert.run(id, cursor, row.key, row.value, rowSum(row.collection, row.group, cursor, row.key, row.value))
      moveLast.run(cursor, id)
      return { cursor, known: false }
    },
    readSide: (collection, group, afterCursor, limit) =>
      readIntact(() => read.all(findGroup.get(collection, group)?.id ?? 0, afterCursor, limit), {
        isIntact: (found) => rowSum(collection, group, found.cursor, found.key, found.value) === found.sum,
        drop: (found) => drop.run(findGroup.get(collection, group)?.id ?? 0, found.cursor),
      }).map((found): SideRow => ({ collection, group, key: found.key, cursor: found.cursor, value: new Uint8Array(found.value) })),
    deleteSide: (collection, group, key) => {
      remove.run(findGroup.get(collection, group)?.id ?? 0, key)
    },
  }
}

interface Dropping {
  readonly isIntact: (record: SideRecord) => boolean
  readonly drop: (record: SideRecord) => void
}

/** Each of these stands alone: a damaged one is as if it had never come, and whoever misses it asks again. */
function readIntact(ask: () => readonly SideRecord[], { isIntact, drop }: Dropping): readonly SideRecord[] {
  for (;;) {
    const found = ask()
    const damaged = found.filter((record) => !isIntact(record))
    if (damaged.length === 0) return found
    for (const record of damaged) drop(record)
  }
}
