/** `verify-audit`: reads the audit chain of a stopped relay and names the first record that is not as it was written. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeAuditChecker, openSqliteRelayLog } from '@poruch/adapters-node'
import type { AuditFault, SqliteRelayLog } from '@poruch/adapters-node'
import { toHex } from '@poruch/base'
import { RelayError } from './errors.ts'

const pageRows = 1_000

const faultText: Readonly<Record<AuditFault['reason'], string>> = {
  missing: 'is missing',
  hash: 'was changed, or stands in another place than it was written',
  end: 'is where the chain ends, but not where it ended when it was written',
}

/** One line when all is whole. @throws RelayError `audit-broken` | `no-database` | `bad-settings`; RelayLogError */
export async function verifyAudit(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { data, head } = readArgs(args)
  const path = join(resolve(data ?? env['PORUCH_DATA'] ?? './data'), 'relay.db')
  if (!existsSync(path)) throw new RelayError('no-database', `${path} is not there`)
  const log = await openSqliteRelayLog({ path, checkAll: true })
  try {
    return await check(log, head)
  } finally {
    await log.close()
  }
}

function readArgs(args: readonly string[]): { readonly data?: string | undefined; readonly head?: string | undefined } {
  try {
    return parseArgs({ args: [...args], options: { data: { type: 'string' }, head: { type: 'string' } }, strict: true }).values
  } catch (thrown) {
    throw new RelayError('bad-settings', thrown instanceof Error ? thrown.message : 'the flags cannot be read', { cause: thrown })
  }
}

async function check(log: SqliteRelayLog, head: string | undefined): Promise<string> {
  const checker = makeAuditChecker()
  const refuse = ({ seq, reason }: AuditFault): never => {
    throw new RelayError('audit-broken', `record ${seq} ${faultText[reason]}`)
  }
  let seq = 0
  let isHeadSeen = false
  for (;;) {
    const page = await log.readAudit(seq, pageRows)
    for (const record of page) {
      const fault = checker.check(record)
      if (fault) return refuse(fault)
      isHeadSeen ||= toHex(record.hash) === head?.toLowerCase()
      seq = record.seq
    }
    if (page.length < pageRows) break
  }
  const end = await log.auditEnd()
  const fault = checker.finish(end)
  if (fault) return refuse(fault)
  if (head !== undefined && !isHeadSeen) throw new RelayError('audit-broken', 'no record has the hash that was written down elsewhere')
  return `${seq} records, whole; the last hash is ${toHex(end.hash)}`
}
