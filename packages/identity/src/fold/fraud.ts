/** Proof that a sequencer ordered two entries at one position; anyone who knows its key can check it. */
import type { Bytes, Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import type { RecordBytes } from '../fold-api.ts'
import { isOrderedBy, readRecord } from './authenticate.ts'

export type FraudReason = 'bad-bytes' | 'wrong-scope' | 'no-fraud' | 'bad-countersignature'

/** `no-fraud`: one entry, or two positions. Two signatures; the entries' own ones and rights do not matter. */
export async function verifyFraud(
  suite: VerifySuite,
  { scope, sequencer, pair }: { scope: ScopeId; sequencer: Bytes; pair: readonly [RecordBytes, RecordBytes] },
): Promise<Judged<{ readonly pos: number }, FraudReason>> {
  const [one, other] = await Promise.all(pair.map(async (record) => readRecord(suite, record)))
  if (!one || !other) return { ok: false, reason: 'bad-bytes' }
  if (one.scope !== scope || other.scope !== scope) return { ok: false, reason: 'wrong-scope' }
  if (one.id === other.id || one.entry.pos !== other.entry.pos) return { ok: false, reason: 'no-fraud' }
  const ordered = await Promise.all([one, other].map(async (read) => isOrderedBy(suite, read, sequencer)))
  return ordered.includes(false) ? { ok: false, reason: 'bad-countersignature' } : { ok: true, value: { pos: one.entry.pos } }
}
