/** The audit chain, in SQL. */
import type Database from 'better-sqlite3'
import { auditHash } from './audit-chain.ts'
import type { AuditEnd, AuditEntry, AuditRecord } from './audit-chain.ts'
import type { Tables } from './protocol.ts'

type Row = Omit<AuditRecord, 'hash'> & { readonly hash: Uint8Array }

export function makeAuditTables(db: Database.Database): Pick<Tables, 'writeAudit' | 'readAudit' | 'auditEnd'> {
  const end = db.prepare<[], { seq: number; hash: Uint8Array }>('SELECT seq, hash FROM audit_end')
  const moveEnd = db.prepare<[number, Uint8Array]>('UPDATE audit_end SET seq = ?, hash = ?')
  const insert = db.prepare<[number, number, string, string, string, string, Uint8Array]>(
    'INSERT INTO audit (seq, at, kind, actor, address, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const read = db.prepare<[number, number], Row>('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?')
  const auditEnd = (): AuditEnd => {
    const found = end.get()
    return found ? { seq: found.seq, hash: new Uint8Array(found.hash) } : { seq: 0, hash: new Uint8Array(32) }
  }
  return {
    auditEnd,
    writeAudit: (entry: AuditEntry) => {
      const before = auditEnd()
      const seq = before.seq + 1
      const hash = auditHash(before.hash, seq, entry)
      insert.run(seq, entry.at, entry.kind, entry.actor, entry.address, entry.detail, hash)
      moveEnd.run(seq, hash)
      return { seq, hash }
    },
    readAudit: (afterSeq, limit) => read.all(afterSeq, limit).map((row) => ({ ...row, hash: new Uint8Array(row.hash) })),
  }
}
