/** The first entry of a scope: its founder becomes the owner. */
import { roles } from '../roles.ts'
import { scopeKinds } from '../scope-log/ops.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { UserLogState } from '../user-log/state.ts'
import { pinDevices } from './devices.ts'
import { authorOf } from './judging.ts'
import type { Judging } from './judging.ts'
import { changeRole } from './membership.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals } from './state.ts'
import type { UserRow } from './state.ts'

export async function judgeGenesis(judging: Judging, op: ScopeOpOf<'genesis'>): Promise<Verdict> {
  if (op.scopeKind !== scopeKinds.workspace || op.parent !== null) return refuse('kind-not-yet')
  const log = await foldUserLog(judging.suite, op.founderUserLog)
  if (!log.ok) return refuse('bad-user-log')
  if (!hasKeys(log.value.state)) return refuse('no-keys')
  const refused = pinDevices(judging, log.value.state, null)
  if (refused) return refused
  changeGlobals(judging.state, { scope: judging.scope, sequencer: op.sequencer, historyPolicy: op.historyPolicy })
  changeRole(judging, newUserRow(log.value.state), { role: roles.owner, cut: null })
  changeGlobals(judging.state, { ownerTerm: 0 })
  const author = authorOf(judging)
  return author.ok ? null : author
}

export function newUserRow(log: UserLogState): UserRow {
  return { user: log.user, log, roles: [], joinedPos: 0, wasRemoved: false, lostAdminPos: -1, cuts: [] }
}

/** Whoever becomes a member needs a device to act with and a key to seal to. */
export function hasKeys(log: UserLogState): boolean {
  return log.puk !== null && log.devices.some((device) => device.live)
}
