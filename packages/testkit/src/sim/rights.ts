/** Who may what, by the plainest reading of a scope's log: an oracle that shares no rule with the fold. */
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { decodeCutList, decodeEntry, decodeUserEntry, topicIdOf } from '@poruch/identity/fold'
import type { CutRow, ScopeEntry, ScopeFold, ScopeRecord } from '@poruch/identity/fold'

export interface Rights {
  /** Of the workspace's documents. */
  readonly topics: readonly TopicId[]
  roleAt(user: UserId, pos: number): number
  /** The least role that writes a document. */
  minimumOf(prefix: string): number
  stands(envelope: EnvelopeClaim): boolean
  /** Positions of entries whose authors had not the role for them. */
  readonly unlawful: readonly number[]
  /** When the user ceased to be a member, or null. */
  partedAt(user: UserId): number | null
  /** When the device was revoked, or null. */
  revokedAt(device: DeviceId): number | null
}

export interface EnvelopeClaim {
  readonly topic: TopicId
  readonly device: DeviceId
  readonly user: UserId
  readonly seq: number
  readonly pos: number
}

interface Act {
  readonly entry: ScopeEntry
  readonly by: UserId | null
  readonly rows: readonly CutRow[]
  /** Devices that it ends. */
  readonly revoked: readonly DeviceId[]
}

export function readRights(records: readonly ScopeRecord[], fold: Pick<ScopeFold, 'ownerOf'>): Rights {
  const acts = records.map((record): Act => {
    const entry = decodeEntry(record.entry)
    const rows = record.cutList.length > 0 ? decodeCutList(record.cutList) : []
    return { entry, by: fold.ownerOf(entry.device), rows, revoked: revokedIn(entry.op) }
  })
  const docs = acts.flatMap(({ entry: { op } }) => (op.kind === 'add-doc' ? [op] : []))
  const isParting = ({ entry: { op }, by }: Act, user: UserId): boolean =>
    (op.kind === 'remove-member' && op.user === user) || (op.kind === 'leave' && by === user)
  return {
    unlawful: acts.flatMap(({ entry: { op }, by }, at) => (leastRole(op) > (by ? roleIn(acts.slice(0, at), by) : 0) ? [at] : [])),
    topics: docs.map(({ prefix }) => topicIdOf(prefix, 0)),
    minimumOf: (prefix) => docs.find((doc) => doc.prefix === prefix)?.minWrite ?? Number.POSITIVE_INFINITY,
    roleAt: (user, pos) => roleIn(acts.slice(0, pos + 1), user),
    revokedAt: (device) => {
      const at = acts.findIndex((act) => act.revoked.includes(device))
      return at < 0 ? null : at
    },
    partedAt: (user) => {
      const at = acts.findLastIndex((act) => isParting(act, user))
      return at < 0 ? null : at
    },
    stands: ({ topic, device, user, seq, pos }) =>
      acts.every((act, at) => {
        if (at <= pos || !(isParting(act, user) || act.revoked.includes(device))) return true
        if (act.rows.some((row) => row.topic === topic && row.device === device && row.seq >= seq)) return true
        return acts
          .slice(at)
          .some(({ entry: { op } }) => op.kind === 'admit-late' && op.topic === topic && op.device === device && op.seq >= seq)
      }),
  }
}

function revokedIn(op: ScopeEntry['op']): DeviceId[] {
  if (op.kind !== 'pin-user') return []
  return op.entries.flatMap((bytes) => {
    const { op: step } = decodeUserEntry(bytes)
    return step.kind === 'revoke-device' ? [step.device] : []
  })
}

/** Of what only admins and owners do. */
function leastRole(op: ScopeEntry['op']): number {
  if (op.kind === 'checkpoint' || op.kind === 'set-sequencer') return 5
  if (op.kind === 'remove-member' || op.kind === 'set-role' || op.kind === 'create-invitation') return 4
  return op.kind === 'admit' && op.invitation === null ? 4 : 0
}

function roleIn(acts: readonly Act[], user: UserId): number {
  let role = 0
  for (const { entry, by } of acts) {
    const { op } = entry
    if (op.kind === 'genesis' && by === user) role = 5
    if ((op.kind === 'admit' || op.kind === 'set-role') && op.user === user) role = op.role
    if ((op.kind === 'remove-member' && op.user === user) || (op.kind === 'leave' && by === user)) role = 0
  }
  return role
}
