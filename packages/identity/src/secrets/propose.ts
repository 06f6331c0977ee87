/** Makes proposals: signed entries without a countersignature, one after another. */
import { emptyBytes } from '@poruch/base'
import type { Bytes, EntryId, ScopeId } from '@poruch/base'
import type { SigningKey, SignSuite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import type { RecordBytes, ScopeFold } from '../fold-api.ts'
import { encodeEntry, encodeRecord, entryIdOf, scopeEntryDomain, scopeIdOf, unsignedScopeEntry } from '../scope-log/entry.ts'
import type { ScopeOp } from '../scope-log/ops.ts'
import { deviceIdOf } from './user-entries.ts'

/** Where an entry goes: after `prev`. At position 0 both ids are null. */
export interface LogPlace {
  readonly scope: ScopeId | null
  readonly pos: number
  readonly prev: EntryId | null
}

export interface EntryAuthor {
  readonly device: SigningKey
  /** The author's head as the scope has it pinned, or pins it in this very entry. */
  readonly userLogHead: EntryId
}

/** An operation, and its cut list where it lowers a right (else empty). */
export interface Draft {
  readonly op: ScopeOp
  readonly cutList: Bytes
  /** Where the operation pins the author's own log forward: the head that this entry, and those after it, name. */
  readonly authorHead?: EntryId
}

export interface Proposal {
  readonly record: RecordBytes
  readonly entry: Bytes
  readonly cutList: Bytes
  readonly id: EntryId
  /** Where the next entry of the same batch goes. */
  readonly next: LogPlace & { readonly scope: ScopeId }
}

export const genesisPlace: LogPlace = { scope: null, pos: 0, prev: null }

/** The place after the fold's head. */
export function nextPlace(fold: ScopeFold): LogPlace {
  const head = fold.head()
  return head ? { scope: fold.scope, pos: head.pos + 1, prev: head.id } : genesisPlace
}

/** The place after the entry at `pos`, which a take-over names as the last that stands. @throws IdentityError `no-genesis` beyond the head */
export function placeAfter(fold: ScopeFold, pos: number): LogPlace & { readonly prev: EntryId } {
  const prev = fold.entryIdAt(pos)
  if (prev === null) throw new IdentityError('no-genesis', `there is no entry at ${pos}`)
  return { scope: fold.scope, pos: pos + 1, prev }
}

export async function propose(
  suite: SignSuite,
  place: LogPlace,
  { draft, author }: { draft: Draft; author: EntryAuthor },
): Promise<Proposal> {
  const userLogHead = draft.authorHead ?? author.userLogHead
  const unsigned = { ...place, device: deviceIdOf(author.device), userLogHead, op: draft.op }
  const sig = await suite.sign(author.device, scopeEntryDomain, unsignedScopeEntry(unsigned))
  const entry = encodeEntry({ ...unsigned, sig })
  const [id, scope] = await Promise.all([entryIdOf(suite, entry), place.scope ?? scopeIdOf(suite, entry)])
  const record = encodeRecord({ entry, countersignature: emptyBytes, cutList: draft.cutList })
  return { record, entry, cutList: draft.cutList, id, next: { scope, pos: place.pos + 1, prev: id } }
}

/** Several operations of one author as one batch. */
export async function proposeAll(
  suite: SignSuite,
  place: LogPlace,
  { drafts, author }: { drafts: readonly Draft[]; author: EntryAuthor },
): Promise<Proposal[]> {
  const proposals: Proposal[] = []
  let { userLogHead } = author
  for (const draft of drafts) {
    userLogHead = draft.authorHead ?? userLogHead
    proposals.push(await propose(suite, proposals.at(-1)?.next ?? place, { draft, author: { ...author, userLogHead } }))
  }
  return proposals
}
