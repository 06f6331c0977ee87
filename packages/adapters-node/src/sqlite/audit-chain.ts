/** The hash chain of the audit log: what a record's hash covers, and how a broken one is found. */
import { createHash } from 'node:crypto'
import { concatBytes, copyBytes, encodeUtf8, equalBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'

/** Codes and classes only; whoever writes one keeps content, names and addresses out. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: string
  /** A device's id, or empty. */
  readonly actor: string
  /** The class of an address (`loopback`, `private`, `public`), or empty. */
  readonly address: string
  readonly detail: string
}

export interface AuditRecord extends AuditEntry {
  /** From 1, without holes. */
  readonly seq: number
  readonly hash: Bytes
}

export interface AuditEnd {
  /** 0 while there is no record. */
  readonly seq: number
  /** 32 zero bytes while there is no record. */
  readonly hash: Bytes
}

/** `missing`: the number before it is not there · `hash`: it, or its place, was changed · `end`: records after it were removed or added. */
export interface AuditFault {
  readonly seq: number
  readonly reason: 'missing' | 'hash' | 'end'
}

/** SHA-256 over the previous hash and all of the record. */
export function auditHash(previous: Bytes, seq: number, { at, kind, actor, address, detail }: AuditEntry): Bytes {
  const record = encodeUtf8(JSON.stringify(['poruch/audit v1', seq, at, kind, actor, address, detail]))
  return copyBytes(createHash('sha256').update(concatBytes(previous, record)).digest())
}

export interface AuditChecker {
  /** Judges the next record; the first fault found, or null. */
  check(record: AuditRecord): AuditFault | null
  /** Judges whether the records seen are all that the end counts. */
  finish(end: AuditEnd): AuditFault | null
}

export function makeAuditChecker(): AuditChecker {
  let seq = 0
  let hash: Bytes = new Uint8Array(32)
  return {
    check: (record) => {
      if (record.seq !== seq + 1) return { seq: seq + 1, reason: 'missing' }
      if (!equalBytes(auditHash(hash, record.seq, record), record.hash)) return { seq: record.seq, reason: 'hash' }
      seq = record.seq
      hash = record.hash
      return null
    },
    finish: (end) => (end.seq === seq && equalBytes(end.hash, hash) ? null : { seq: Math.min(end.seq, seq) + 1, reason: 'end' }),
  }
}
