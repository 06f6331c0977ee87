/** Who may what, by the plainest reading of a scope's log: an oracle that shares no rule with the fold. */
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { decodeCutList, decodeEntry, topicIdOf } from '@poruch/identity/fold'
import type { CutRow, ScopeEntry, ScopeFold, ScopeRecord } from '@poruch/identity/fold'

export interface Rights {
  /** Of the workspace's documents. */
  readonly topics: readonly TopicId[]
  roleAt(user: UserId, pos: number): number
  /** The least role that writes a document. */
  minimumOf(prefix: string): number
  stands(envelope: EnvelopeClaim): boolean
  /** When the user ceased to be a member, or null. */
  partedAt(user: UserId): number | null
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
}

export function readRights(records: readonly ScopeRecord[], fold: Pick<ScopeFold, 'ownerOf'>): Rights {
  const acts = records.map((record): Act => {
    const entry = decodeEntry(record.entry)
    return { entry, by: fold.ownerOf(entry.device), rows: record.cutList.length > 0 ? decodeCutList(record.cutList) : [] }
  })
  const docs = acts.flatMap(({ entry: { op } }) => (op.kind === 'add-doc' ? [op] : []))
  const isParting = ({ entry: { op }, by }: Act, user: UserId): boolean =>
    (op.kind === 'remove-member' && op.user === user) || (op.kind === 'leave' && by === user)
  return {
    topics: docs.map(({ prefix }) => topicIdOf(prefix, 0)),
    minimumOf: (prefix) => docs.find((doc) => doc.prefix === prefix)?.minWrite ?? Number.POSITIVE_INFINITY,
    roleAt: (user, pos) => roleIn(acts.slice(0, pos + 1), user),
    partedAt: (user) => {
      const at = acts.findLastIndex((act) => isParting(act, user))
      return at < 0 ? null : at
    },
    stands: ({ topic, device, user, seq, pos }) =>
      acts.every((act, at) => {
        if (at <= pos || !isParting(act, user)) return true
        if (act.rows.some((row) => row.topic === topic && row.device === device && row.seq >= seq)) return true
        return acts
          .slice(at)
          .some(({ entry: { op } }) => op.kind === 'admit-late' && op.topic === topic && op.device === device && op.seq >= seq)
      }),
  }
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
