/** What each device's envelopes take up, counted with every change; and how the database is. */
import type Database from 'better-sqlite3'
import { idFromBytes } from '@poruch/base'
import type { Tables } from './protocol.ts'

/** Runs inside the transaction that changes the log, so the two cannot differ. */
export function makeAddUsage(db: Database.Database): (device: Uint8Array, bytes: number) => void {
  const add = db.prepare<[Uint8Array, number]>(
    'INSERT INTO usage (device, bytes) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET bytes = bytes + excluded.bytes',
  )
  return (device, bytes) => void add.run(device, bytes)
}

export function makeUsageTables(db: Database.Database): Pick<Tables, 'usage' | 'probe' | 'counts'> {
  const all = db.prepare<[], { device: Uint8Array; bytes: number }>('SELECT device, bytes FROM usage')
  const probe = db.prepare('INSERT INTO probe (id, tries) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET tries = tries + 1')
  const counts = db.prepare<[], { scopes: number; topics: number }>(
    'SELECT (SELECT count(*) FROM scope) AS scopes, (SELECT count(*) FROM topic) AS topics',
  )
  return {
    usage: () => all.all().map(({ device, bytes }) => [idFromBytes<'device'>(device), bytes] as const),
    probe: () => void probe.run(),
    counts: () => counts.get() ?? { scopes: 0, topics: 0 },
  }
}
