/** What this log can do beyond the port that every relay's log fulfils. */
import type { DeviceId, TopicId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import type { AuditEnd, AuditEntry, AuditRecord } from './audit-chain.ts'

/** A place of a device's chain whose envelope was damaged on the disk and is not here any more. */
export interface Hole {
  readonly device: DeviceId
  readonly deviceSeq: number
}

/** All promises resolve after the commit is durable, and only then. @throws RelayLogError */
export interface SqliteRelayLog extends RelayLog {
  /** Bytes of envelopes that are kept of each device: what it wrote, less what was trimmed. */
  usage(): Promise<readonly (readonly [DeviceId, number])[]>
  /** Of each device the first envelope of the topic that was lost and has not come again. */
  holes(topic: TopicId): Promise<readonly Hole[]>
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
