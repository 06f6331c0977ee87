/** Gives each fault of SQLite its stable code. */
import { RelayLogError } from '@poruch/sync/relay-log'
import type { Failure } from './protocol.ts'

/** Prefixes of SQLite's own codes; a file system without room shows as one of the first group, depending on which file met it. */
const codesOf: readonly (readonly [string, Failure['code'], string])[] = [
  ['SQLITE_FULL', 'disk-full', 'there is no room left for the database'],
  ['SQLITE_IOERR_WRITE', 'disk-full', 'the database could not be written'],
  ['SQLITE_IOERR_SHMSIZE', 'disk-full', 'there is no room left for the database'],
  ['SQLITE_BUSY', 'locked', 'another process has the database open'],
  ['SQLITE_LOCKED', 'locked', 'another process has the database open'],
  ['SQLITE_NOTADB', 'not-a-database', 'the file is not a database'],
  ['SQLITE_CORRUPT', 'damaged', 'the database is damaged'],
  ['SQLITE_READONLY', 'unwritable', 'the database may not be written'],
  ['SQLITE_CANTOPEN', 'unwritable', 'the database cannot be opened or made'],
  ['SQLITE_PERM', 'unwritable', 'the database may not be opened'],
]

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof RelayLogError) return { code: thrown.code, message: thrown.message.slice(thrown.code.length + 2) }
  const code = sqliteCodeOf(thrown)
  const found = codesOf.find(([prefix]) => code.startsWith(prefix))
  if (found) return { code: found[1], message: `${found[2]} (${code})` }
  return { code: 'storage-failed', message: code || (thrown instanceof Error ? thrown.message : 'unknown fault') }
}

function sqliteCodeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : ''
}
