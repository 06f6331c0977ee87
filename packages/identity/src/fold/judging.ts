/** One entry under judgement, and what every rule asks first: who wrote it, and what its cut list says. */
import { equalBytes } from '@poruch/base'
import type { Bytes, EntryId, Judged, ScopeId } from '@poruch/base'
import type { VerifySuite } from '@poruch/crypto/verify'
import { parsed } from '../parse.ts'
import { roles } from '../roles.ts'
import type { Role } from '../roles.ts'
import { cutRootOf, decodeCutList, pairKey } from '../scope-log/cuts.ts'
import type { ScopeEntry } from '../scope-log/entry.ts'
import { cutRootIn } from '../scope-log/ops.ts'
import type { UserLogStep } from '../user-log/fold.ts'
import { lastValue } from './history.ts'
import { refuse } from './reasons.ts'
import type { Refused } from './reasons.ts'
import type { ChainEnd, State, UserRow } from './state.ts'

export interface Judging {
  readonly suite: VerifySuite
  readonly state: State
  readonly entry: ScopeEntry
  readonly id: EntryId
  readonly scope: ScopeId
  readonly pos: number
  readonly cutList: Bytes
  readonly newcomer: Judged<UserLogStep> | null
  /** Set where the clock is asked: by who proposes and who orders. */
  readonly nowMs: number | null
}

export interface Author {
  readonly row: UserRow
  readonly role: Role
}

export function roleOf(row: UserRow): Role {
  return lastValue(row.roles) ?? roles.none
}

/** The present member whose live device wrote the entry and whose pinned head it names. */
export function authorOf({ state, entry }: Judging): { readonly ok: true; readonly value: Author } | Refused {
  const device = state.devices.draft(entry.device)
  if (!device || device.revokedPos !== null) return refuse('author-unknown')
  const row = state.users.draft(device.user)
  if (!row) return refuse('author-unknown')
  const role = roleOf(row)
  if (role === roles.none) return refuse('author-no-member')
  if (row.log.head !== entry.userLogHead) return refuse('author-head')
  return { ok: true, value: { row, role } }
}

export type CutRows = ReadonlyMap<string, ChainEnd>
type CutRead = { readonly ok: true; readonly value: CutRows } | Refused

/** The rows of the entry's cut list, which must be there exactly when a right is lowered. */
export async function readCut(judging: Judging, lowered: boolean): Promise<CutRead> {
  const root = cutRootIn(judging.entry.op)
  if (!lowered) return root.length === 0 && judging.cutList.length === 0 ? { ok: true, value: new Map() } : refuse('bad-cut')
  const rows = parsed(decodeCutList, judging.cutList)
  if (!rows || !equalBytes(await cutRootOf(judging.suite, rows), root)) return refuse('bad-cut')
  return { ok: true, value: new Map(rows.map((row) => [pairKey(row.topic, row.device), { seq: row.seq, id: row.id }])) }
}
