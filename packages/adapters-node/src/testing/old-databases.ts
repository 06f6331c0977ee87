/** Databases as older programs left them: written by the SQL of their time, which never changes again. */
import { idToBytes } from '@poruch/base'
import type { DeviceId, TopicId } from '@poruch/base'
import { relayRow } from '@poruch/testkit/contract'
import Database from 'better-sqlite3'

const oldTopic = 'a1'.repeat(32) as TopicId
const oldDevice = 'aa'.repeat(32) as DeviceId

const version1 = `
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
  INSERT INTO migration VALUES (1, '2026-01-01 00:00:00');
  PRAGMA application_id = 1347375701;
  PRAGMA user_version = 1;
`

const version2 = `
  CREATE TABLE usage (device BLOB PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, address TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL
  ) STRICT;
  CREATE TABLE audit_end (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
  INSERT INTO audit_end (id, seq, hash) VALUES (1, 0, zeroblob(32));
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), tries INTEGER NOT NULL) STRICT;
  INSERT INTO usage SELECT device, sum(length(bytes)) FROM log GROUP BY device;
  INSERT INTO migration VALUES (2, '2026-02-01 00:00:00');
  PRAGMA user_version = 2;
`

/** Two envelopes of one device, a scope's log of one record, one small record. */
export function writeOldDatabase(path: string, version: 1 | 2): void {
  const db = new Database(path)
  db.exec(version1)
  const last = relayRow(oldDevice, 2)
  db.prepare('INSERT INTO topic VALUES (1, ?, 2, ?)').run(idToBytes(oldTopic), idToBytes(last.id))
  const insert = db.prepare('INSERT INTO log VALUES (1, ?, ?, ?, ?, ?)')
  for (const row of [relayRow(oldDevice, 1), last])
    insert.run(row.deviceSeq, idToBytes(row.id), idToBytes(row.device), row.deviceSeq, row.bytes)
  db.exec("INSERT INTO scope VALUES (1, 's'); INSERT INTO scope_log VALUES (1, 0, x'07')")
  db.exec("INSERT INTO side_group VALUES (1, 'c', 'g', 1); INSERT INTO side VALUES (1, 1, 'k', x'08')")
  if (version === 2) db.exec(version2)
  db.close()
}
