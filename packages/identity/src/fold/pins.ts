/** PinUser: a user's log as the scope knows it, moved forward. */
import { equalBytes } from '@poruch/base'
import { roles } from '../roles.ts'
import { cutRootOf } from '../scope-log/cuts.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { Revocation, UserLogStep } from '../user-log/fold.ts'
import { pinDevices } from './devices.ts'
import { authorOf, readCut, roleOf } from './judging.ts'
import type { Judging } from './judging.ts'
import { rightLowered } from './membership.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals } from './state.ts'
import type { UserRow } from './state.ts'

/** The author is asked for after the pin: a new device pins its own coming, and a device revoked in the pin cannot write it. */
export async function judgePin(judging: Judging, op: ScopeOpOf<'pin-user'>): Promise<Verdict> {
  const row = judging.state.users.draft(op.user)
  if (!row || roleOf(row) === roles.none) return refuse('not-member')
  if (op.entries.length === 0) return refuse('no-change')
  const log = await foldUserLog(judging.suite, op.entries, row.log)
  if (!log.ok || log.value.state.head !== op.head) return refuse('bad-user-log')
  const refused = await takePin(judging, row, log.value)
  if (refused) return refused
  const author = authorOf(judging)
  return author.ok ? null : author
}

async function takePin(judging: Judging, row: UserRow, step: UserLogStep): Promise<Verdict> {
  if (step.revoked.length > 1) return refuse('one-revocation')
  const [revocation] = step.revoked
  const rows = await readCut(judging, revocation !== undefined)
  if (!rows.ok) return rows
  if (revocation && !(await isSignedCut(judging, revocation))) return refuse('bad-cut')
  judging.state.users.set(row.user, { ...row, log: step.state })
  if (revocation) rightLowered(judging, true)
  // Epoch keys were sealed to the older one, which someone may have by now.
  if ((step.state.puk?.gen ?? 0) > (row.log.puk?.gen ?? 0)) changeGlobals(judging.state, { epochDue: true })
  return pinDevices(judging, step.state, revocation ? { pos: judging.pos, role: roles.none, rows: rows.value } : null)
}

/** The cut is the one that the RevokeDevice signed for this scope; a scope that it does not name is cut to nothing. */
async function isSignedCut(judging: Judging, revocation: Revocation): Promise<boolean> {
  const { op } = judging.entry
  const signed = revocation.cuts.find((cut) => cut.scope === judging.scope)?.cutRoot ?? (await cutRootOf(judging.suite, []))
  return op.kind === 'pin-user' && equalBytes(signed, op.cutRoot)
}
