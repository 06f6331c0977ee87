/** The oracle of the tests: the rules of a scope's log said a second time, naively, over the whole log for every question. */
import type { DeviceId, InvitationId, TopicId, UserId } from '@poruch/base'
import type { CutRow } from './scope-log/cuts.ts'
import type { ScopeOp } from './scope-log/ops.ts'
import { isConfirmed, sameAnchor } from './reference-anchors.ts'

/** An entry whose bytes, signatures and user logs are in order: only rights are in question. */
export interface Act {
  readonly op: ScopeOp
  readonly by: UserId
  readonly device: DeviceId
  readonly rows: readonly CutRow[]
  readonly rotatesPuk?: boolean
  /** What a pin revokes, and the devices that a genesis or an Admit brings. */
  readonly revokes?: DeviceId
  readonly brings?: readonly DeviceId[]
  /** Owners who approve. */
  readonly approvers?: readonly UserId[]
}
type Log = readonly Act[]
export function roleIn(log: Log, user: UserId): number {
  let role = 0
  for (const { op, by } of log) {
    if (op.kind === 'genesis' && by === user) role = 5
    if ((op.kind === 'admit' || op.kind === 'set-role') && op.user === user) role = op.role
    if ((op.kind === 'remove-member' && op.user === user) || (op.kind === 'leave' && by === user)) role = 0
  }
  return role
}
function usersWith(log: Log, role: number): UserId[] {
  const users = new Set(log.flatMap(({ op, by }) => ('user' in op ? [by, op.user] : [by])))
  return [...users].filter((user) => roleIn(log, user) >= role)
}
const ownersOf = (log: Log): UserId[] => usersWith(log, 5)
const agree = (log: Log, by: readonly UserId[]): boolean =>
  2 * ownersOf(log).filter((owner) => by.includes(owner)).length > ownersOf(log).length
function ownerOf(log: Log, device: DeviceId): UserId | null {
  const act = log.find(({ brings }) => brings?.includes(device))
  return act ? ('user' in act.op ? act.op.user : act.by) : null
}
const isLive = (log: Log, device: DeviceId): boolean => ownerOf(log, device) !== null && !log.some((act) => act.revokes === device)
export function minimumIn(log: Log, topic: TopicId): number | null {
  const react = Number.parseInt(topic.slice(-1), 16) % 2 === 1
  const rules = log.map(({ op }) => op).filter((op) => op.kind === 'add-doc' || op.kind === 'set-minimum')
  const rule = rules.findLast((op) => topic.startsWith(op.prefix))
  return rule ? (react ? rule.minReact : rule.minWrite) : null
}

const count = (log: Log, kind: ScopeOp['kind']): number => log.filter(({ op }) => op.kind === kind).length
const losesReader = ({ op, revokes }: Act): boolean => op.kind === 'remove-member' || op.kind === 'leave' || revokes !== undefined
export function minGenIn(log: Log): number {
  return log.reduce((gen, act, pos) => (losesReader(act) ? count(log.slice(0, pos), 'epoch') : gen), 0)
}
export function epochDueIn(log: Log): boolean {
  const lowersRole = ({ op }: Act, pos: number): boolean => op.kind === 'set-role' && op.role < roleIn(log.slice(0, pos), op.user)
  const lowered = log.findLastIndex((act, pos) => losesReader(act) || act.rotatesPuk === true || lowersRole(act, pos))
  return lowered > log.findLastIndex(({ op }) => op.kind === 'epoch')
}
function madeIn(log: Log, invitation: InvitationId): number {
  return log.findIndex(({ op }) => op.kind === 'create-invitation' && op.invitation === invitation)
}
export function closedIn(log: Log, invitation: InvitationId): boolean {
  const made = madeIn(log, invitation)
  const act = log[made]
  if (act?.op.kind !== 'create-invitation') return true
  const later = log.slice(made + 1)
  const uses = later.filter(({ op }) => op.kind === 'admit' && op.invitation === invitation).length
  const revoked = later.some(({ op }) => op.kind === 'revoke-invitation' && op.invitation === invitation)
  const fell = later.some((_, index) => roleIn(log.slice(0, made + 2 + index), act.by) < 4)
  const removals = later.some(({ op }) => op.kind === 'remove-member')
  return revoked || fell || uses >= act.op.maxUses || (act.op.policy === 'auto' && removals)
}
function mayAdmit(log: Log, op: Extract<ScopeOp, { kind: 'admit' }>, mine: number): boolean {
  const { invitation, user, role } = op
  if (roleIn(log, user) > 0) return false
  if (invitation === null) return mine >= 4 && role < mine
  const made = log[madeIn(log, invitation)]?.op
  const again = log.some((act) => act.op.kind === 'admit' && act.op.invitation === invitation && act.op.user === user)
  if (made?.kind !== 'create-invitation' || closedIn(log, invitation) || made.role !== role || again) return false
  const parting = log.findLast(
    (act) => (act.op.kind === 'remove-member' && act.op.user === user) || (act.op.kind === 'leave' && act.by === user),
  )
  return mine >= 4 || (made.policy === 'auto' && parting?.op.kind !== 'remove-member')
}
function maySetRole(log: Log, op: Extract<ScopeOp, { kind: 'set-role' }>, { by, approvers = [] }: Act): boolean {
  const [mine, old, next] = [roleIn(log, by), roleIn(log, op.user), op.role]
  if (old === 0 || old === next) return false
  if (old < 5 && next < 5) return mine >= 4 && old < mine && next < mine && approvers.length === 0
  const owners = ownersOf(log)
  if (!owners.includes(by) || (owners.length === 1 && old === 5) || !approvers.every((user) => owners.includes(user))) return false
  return agree(log, [by, ...approvers])
}

/** Whether the act may follow the log, which has its genesis. */
export function mayFollow(log: Log, act: Act): boolean {
  const { op, by, device, approvers = [] } = act
  const mine = roleIn(log, by)
  if (mine === 0 || !isLive([...log, act], device)) return false
  const has = (kind: ScopeOp['kind'], same: (past: ScopeOp) => boolean): boolean =>
    log.some((past) => past.op.kind === kind && same(past.op))
  if (op.kind === 'pin-user') return roleIn(log, op.user) > 0
  if (op.kind === 'admit') return mayAdmit(log, op, mine)
  if (op.kind === 'set-role') return maySetRole(log, op, act)
  if (op.kind === 'remove-member') return mine >= 4 && roleIn(log, op.user) > 0 && roleIn(log, op.user) < Math.min(mine, 5)
  if (op.kind === 'leave') return mine < 5 || ownersOf(log).length > 1
  if (op.kind === 'set-sequencer') return mine === 5 && op.term === 1 + count(log, op.kind) && agree(log, [by, ...approvers])
  if (op.kind === 'checkpoint') return mine === 5
  if (op.kind === 'anchor')
    return mine >= Math.max(3, minimumIn(log, op.topic) ?? 6) && !log.some((past) => past.by === by && sameAnchor(past.op, op))
  if (op.kind === 'epoch') return op.gen === count(log, 'epoch')
  if (op.kind === 'create-invitation') return mine >= 4 && op.role <= 3 && op.maxUses > 0 && madeIn(log, op.invitation) < 0
  if (op.kind === 'revoke-invitation')
    return (
      mine >= 4 && madeIn(log, op.invitation) >= 0 && !has(op.kind, (past) => past.kind === op.kind && past.invitation === op.invitation)
    )
  if (op.kind === 'add-doc') {
    const same = (past: ScopeOp): boolean =>
      past.kind === op.kind && (past.prefix === op.prefix || (op.docKind === 1 && past.docKind === 1))
    return mine >= (op.docKind === 1 ? 5 : 3) && !has(op.kind, same)
  }
  if (op.kind === 'set-minimum') {
    const old = [0, 1].map((n) => minimumIn(log, `${op.prefix}0000000${n}` as TopicId))
    return mine >= 4 && old[0] !== null && (old[0] !== op.minWrite || old[1] !== op.minReact)
  }
  if (op.kind !== 'admit-late' || minimumIn(log, op.topic) === null || ownerOf(log, op.device) === null) return false
  return mine >= 4 || (ownerOf(log, op.device) === by && !isLive(log, op.device))
}

/** Whether an envelope, on a chain without forks, stands against every cut after its position. */
export function standsIn(log: Log, place: { topic: TopicId; device: DeviceId; seq: number; pos: number }): boolean {
  const { topic, device, seq } = place
  const user = ownerOf(log, device)
  return log.every((act, pos) => {
    if (pos <= place.pos || user === null) return true
    const [was, is] = [log.slice(0, pos), log.slice(0, pos + 1)]
    const minimum = minimumIn(is, topic) ?? 0
    const lowered = roleIn(is, user) < roleIn(was, user) && roleIn(is, user) < minimum
    const raised = act.op.kind === 'set-minimum' && roleIn(was, user) >= (minimumIn(was, topic) ?? 0) && roleIn(is, user) < minimum
    const lost = act.revokes === device
    if (!lost && !lowered && !raised) return true
    const covers = ({ rows }: Act): boolean => rows.some((row) => row.topic === topic && row.device === device && row.seq >= seq)
    if (
      covers(act) ||
      was.some((past) => past.op.kind === 'anchor' && covers(past) && isConfirmed(was, past.op, { without: user, roleIn, usersWith }))
    )
      return true
    const names = ({ op }: Act): boolean => op.kind === 'admit-late' && op.topic === topic && op.device === device && op.seq >= seq
    return log.some((late, at) => at > pos && names(late) && (lost || roleIn(log.slice(0, at), late.by) >= 4))
  })
}
