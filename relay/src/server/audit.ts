/** Writes what is to be provable later into the audit chain, and never more than the disk can bear. */
import type { SqliteRelayLog } from '@poruch/adapters-node'
import { codeOf, toHex } from '@poruch/base'
import type { Clock, DeviceId } from '@poruch/base'
import { makeBucket } from '../core/bucket.ts'
import type { AddressClass } from './addresses.ts'
import type { Note } from './log-lines.ts'

/** Records at once, then one a second: 86,400 a day are some 20 MB. What is beyond is counted, and told by the next record. */
const maxAuditsAtOnce = 1_000
/** One record more in so long. */
const auditRefillMs = 1_000
/** Characters of a record's detail. */
const maxDetailLength = 200
/** Every so many records the end of the chain goes to the log lines, where whoever collects them can be its witness. */
const witnessEvery = 1_000

export interface Deed {
  readonly actor?: DeviceId
  readonly address?: AddressClass
  /** Codes. */
  readonly detail?: string
}

export interface Audit {
  write(kind: string, deed?: Deed): void
  /** Resolves when all that was written is durable. */
  flush(): Promise<void>
}

interface AuditParts {
  readonly log: Pick<SqliteRelayLog, 'writeAudit'>
  readonly clock: Clock
  readonly note: Note
}

export function makeAudit({ log, clock, note }: AuditParts): Audit {
  const bucket = makeBucket({ clock, size: maxAuditsAtOnce, refillMs: auditRefillMs })
  let skipped = 0
  let last: Promise<void> = Promise.resolve()
  return {
    write: (kind, { actor = '', address = '', detail = '' } = {}) => {
      if (!bucket.take()) {
        skipped += 1
        return
      }
      const lost = skipped === 0 ? '' : ` skipped=${skipped}`
      skipped = 0
      const entry = { at: clock.now(), kind, actor, address, detail: detail.slice(0, maxDetailLength) + lost }
      last = log.writeAudit(entry).then(
        ({ seq, hash }) => {
          if (seq % witnessEvery === 0 || kind === 'started' || kind === 'stopped') note('audit', { seq, audit: toHex(hash) })
        },
        (thrown: unknown) => note('audit-failed', { code: codeOf(thrown) }),
      )
    },
    flush: async () => last,
  }
}
