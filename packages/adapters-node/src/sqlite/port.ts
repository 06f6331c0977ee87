/** What this log can do beyond the port that every relay's log fulfils. */
import type { DeviceId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import type { AuditEnd, AuditEntry, AuditRecord } from './audit-chain.ts'

/** All promises resolve after the commit is durable, and only then. @throws RelayLogError */
export interface SqliteRelayLog extends RelayLog {
  /** Bytes of envelopes that are kept of each device: what it wrote, less what was trimmed. */
  usage(): Promise<readonly (readonly [DeviceId, number])[]>
  /** Adds a record to the audit chain and answers its end. */
  writeAudit(entry: AuditEntry): Promise<AuditEnd>
  /** Records after `seq` in order, at most `limit`. */
  readAudit(afterSeq: number, limit: number): Promise<readonly AuditRecord[]>
  /** Where the chain ends according to the database. */
  auditEnd(): Promise<AuditEnd>
  /** Resolves when something was written and flushed. */
  probe(): Promise<void>
  /** How many logs and topics there are. */
  counts(): Promise<{ readonly scopes: number; readonly topics: number }>
}
