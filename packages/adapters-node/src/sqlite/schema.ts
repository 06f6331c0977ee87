/** Opens the database file in the one mode that keeps promises, and brings it to the newest version. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { RelayLogError } from '@poruch/sync/relay-log'
import { rowSum } from './row-sums.ts'

/** "PORU", so that another program's database is never taken for ours. */
const applicationId = 0x504f5255

/** One text per version; a text that was released is never changed. */
const migrations: readonly string[] = [
  `
  CREATE TABLE topic (id INTEGER PRIMARY KEY, tid BLOB NOT NULL UNIQUE, head INTEGER NOT NULL, head_id BLOB NOT NULL) STRICT;
  CREATE TABLE log (
    topic INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, dseq INTEGER NOT NULL, bytes BLOB NOT NULL,
    UNIQUE (topic, seq), UNIQUE (topic, id), UNIQUE (topic, device, dseq)
  ) STRICT;
  CREATE TABLE scope (id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE scope_log (scope INTEGER NOT NULL, pos INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (scope, pos)) STRICT;
  CREATE TABLE side_group (id INTEGER PRIMARY KEY, collection TEXT NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL, UNIQUE (collection, name)) STRICT;
  CREATE TABLE side (
    grp INTEGER NOT NULL, cursor INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (grp, cursor), UNIQUE (grp, key)
  ) STRICT;
  CREATE TABLE migration (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE usage (device BLOB PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO usage (device, bytes) SELECT device, sum(length(bytes)) FROM log GROUP BY device;
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, address TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE audit_end (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
  INSERT INTO audit_end (id, seq, hash) VALUES (1, 0, zeroblob(32));
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), tries INTEGER NOT NULL) STRICT;
  `,
  `
  ALTER TABLE topic ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE log ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE scope_log ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE side ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
  UPDATE topic SET sum = row_sum(tid, head, head_id);
  UPDATE log SET sum = row_sum((SELECT tid FROM topic WHERE topic.id = log.topic), seq, id, device, dseq, bytes);
  UPDATE scope_log SET sum = row_sum((SELECT sid FROM scope WHERE scope.id = scope_log.scope), pos, record);
  UPDATE side SET sum = (SELECT row_sum(collection, name, cursor, key, value) FROM side_group WHERE side_group.id = side.grp);
  CREATE TABLE hole (
    topic INTEGER NOT NULL, device BLOB NOT NULL, dseq INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (topic, device, dseq)
  ) STRICT;
  `,
  `
  CREATE TABLE compact (
    topic BLOB NOT NULL, kind INTEGER NOT NULL, place INTEGER NOT NULL, id BLOB NOT NULL, prev BLOB, device BLOB NOT NULL, bytes BLOB NOT NULL,
    stored_at INTEGER NOT NULL, stands_for INTEGER NOT NULL, sum INTEGER NOT NULL, UNIQUE (topic, kind, place)
  ) STRICT;
  `,
]

/** The version that this program writes. */
export const schemaVersion = migrations.length

export interface OpenOptions {
  readonly path: string
  /** For tests of a full disk: the database may not grow beyond so many pages. */
  readonly maxPages?: number | undefined
  /** Checks the whole database, however large it is. */
  readonly checkAll?: boolean | undefined
}

/**
 * WAL with `synchronous = FULL`: a commit that returned is on the disk. The lock is exclusive for as long as the file is open, so two
 * relays never share one. @throws RelayLogError `newer-version` | `not-a-database`, or SQLite's own error
 */
export function openDatabase({ path, maxPages }: OpenOptions): Database.Database {
  if (!existsSync(dirname(path))) throw new RelayLogError('unwritable', 'the folder of the database does not exist')
  const db = new Database(path, { timeout: 0 })
  try {
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    // What was erased, or let go of, is not to be found in the file.
    db.pragma('secure_delete = ON')
    // For migrations: what is there already gets its checksums.
    db.function('row_sum', { varargs: true, deterministic: true }, rowSum)
    if (maxPages !== undefined) db.pragma(`max_page_count = ${Math.floor(maxPages)}`)
    migrate(db)
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

function migrate(db: Database.Database): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  const owner = Number(db.pragma('application_id', { simple: true }))
  if (owner !== applicationId && (owner !== 0 || version !== 0))
    throw new RelayLogError('not-a-database', 'the file belongs to another program')
  if (version > schemaVersion) throw new RelayLogError('newer-version', `database version ${version}, this program knows ${schemaVersion}`)
  for (let next = version; next < schemaVersion; next++) {
    db.exec('BEGIN IMMEDIATE')
    db.exec(migrations[next] ?? '')
    db.prepare("INSERT INTO migration (version, applied_at) VALUES (?, datetime('now'))").run(next + 1)
    db.pragma(`application_id = ${applicationId}`)
    db.pragma(`user_version = ${next + 1}`)
    db.exec('COMMIT')
  }
}
