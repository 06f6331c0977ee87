/** Reads records and checks their signatures: the part of judging that needs no state, so that many run at once. */
import { idToBytes } from '@poruch/base'
import type { Bytes, EntryId, Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { IdentityError } from '../errors.ts'
import { countersignedBytes, decodeEntry, decodeRecord, entryIdOf, orderDomain, scopeEntryDomain, scopeIdOf } from '../scope-log/entry.ts'
import type { ScopeEntry } from '../scope-log/entry.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { UserLogStep } from '../user-log/fold.ts'
import { refuse } from './reasons.ts'
import type { FoldReason, Refused } from './reasons.ts'

export interface Authentic {
  readonly entry: ScopeEntry
  readonly id: EntryId
  /** The scope that the entry is for; of a first entry, the one that it begins. */
  readonly scope: ScopeId
  readonly cutList: Bytes
  /** The user log of an ordered Admit, judged as a newcomer's; null where nobody has looked yet. */
  readonly newcomer: Judged<UserLogStep> | null
}

export type Read = Omit<Authentic, 'newcomer'> & { readonly signed: Bytes; readonly countersignature: Bytes }

/** `sequencer` is null before the genesis; `proposal` demands that nothing is countersigned yet. */
export interface Expected {
  readonly sequencer: Bytes | null
  readonly proposal: boolean
}

/** The record's parts and ids; null where the bytes are not what a decoder takes. */
export async function readRecord(suite: VerifySuite, bytes: Uint8Array): Promise<Read | null> {
  try {
    const record = decodeRecord(bytes)
    const { signed, ...entry } = decodeEntry(record.entry)
    const id = await entryIdOf(suite, record.entry)
    const scope = entry.scope ?? (await scopeIdOf(suite, record.entry))
    return { entry, id, scope, signed, cutList: record.cutList, countersignature: record.countersignature }
  } catch (thrown) {
    if (thrown instanceof IdentityError) return null
    throw thrown
  }
}

export async function authenticate(
  suite: VerifySuite,
  read: Read,
  expected: Expected,
): Promise<{ readonly ok: true; readonly value: Authentic } | Refused> {
  const [own, order] = await Promise.all([
    suite.verify(idToBytes(read.entry.device), scopeEntryDomain, read.signed, read.entry.sig),
    checkOrder(suite, read, expected),
  ])
  const reason: FoldReason | null = own ? order : 'bad-signature'
  if (reason !== null) return refuse(reason)
  // A proposal's author is asked for first: a stranger must not make us check hundreds of signatures.
  const newcomer = read.entry.op.kind === 'admit' && !expected.proposal ? await foldUserLog(suite, read.entry.op.entries) : null
  return { ok: true, value: { ...read, newcomer } }
}

/** The key that orders this entry: a genesis and a take-over name it themselves. */
export function sequencerOf({ entry }: Read, before: Bytes | null): Bytes | null {
  if (entry.op.kind === 'set-sequencer') return entry.op.sequencer
  return before ?? (entry.op.kind === 'genesis' ? entry.op.sequencer : null)
}

async function checkOrder(suite: VerifySuite, read: Read, { sequencer, proposal }: Expected): Promise<FoldReason | null> {
  if (proposal) return read.countersignature.length === 0 ? null : 'bad-countersignature'
  if (!sequencer) return 'no-genesis'
  return (await isOrderedBy(suite, read, sequencer)) ? null : 'bad-countersignature'
}

/** Whether the sequencer with this key gave the entry its place. */
export async function isOrderedBy(suite: VerifySuite, { scope, entry, id, countersignature }: Read, sequencer: Bytes): Promise<boolean> {
  return suite.verify(sequencer, orderDomain, countersignedBytes({ scope, pos: entry.pos, id, prev: entry.prev }), countersignature)
}
