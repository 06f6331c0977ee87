/** Anchor: a snapshot's frontier in the log, which later cuts do not go below. */
import { equalBytes } from '@poruch/base'
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { roles } from '../roles.ts'
import { pairKey } from '../scope-log/cuts.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { prefixOf } from '../scope-log/topics.ts'
import { lastValue } from './history.ts'
import { readCut } from './judging.ts'
import type { Author, Judging } from './judging.ts'
import { minRoleOf } from './minimums.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { draftGlobals } from './state.ts'
import type { Anchor, ChainEnd, State } from './state.ts'

/** Others who must stand for a snapshot: at least two, then a tenth of those who write, and never more than ten. */
const fewestConfirming = 2
const mostConfirming = 10
const writersPerConfirming = 10

export async function judgeAnchor(judging: Judging, author: Author, op: ScopeOpOf<'anchor'>): Promise<Verdict> {
  const { state, pos } = judging
  const doc = state.docs.draft(prefixOf(op.topic))
  const minimum = doc && lastValue(doc.minimums)
  if (!minimum) return refuse('unknown-doc')
  if (author.role < roles.editor || author.role < minRoleOf(op.topic, minimum)) return refuse('no-right')
  const rows = await readCut(judging, true)
  if (!rows.ok) return rows
  if ([...rows.value.keys()].some((key) => !key.startsWith(op.topic))) return refuse('bad-cut')
  const anchors = state.anchors.draft(op.topic) ?? []
  const same = anchors.find((anchor) => equalBytes(anchor.snapshot, op.snapshot) && equalBytes(anchor.frontierRoot, op.frontierRoot))
  if (same?.votes.some((vote) => vote.user === author.row.user)) return refuse('no-change')
  const vote = { pos, user: author.row.user, byAdmin: author.role >= roles.admin, needed: neededNow(state) }
  const anchor = same ?? { snapshot: op.snapshot, frontierRoot: op.frontierRoot, rows: rows.value, votes: [] }
  state.anchors.set(op.topic, [...anchors.filter((other) => other !== same), { ...anchor, votes: [...anchor.votes, vote] }])
  return null
}

/** In a small scope all who write beside the one who may be cut. */
function neededNow(state: State): number {
  const { editorCount } = draftGlobals(state)
  const share = Math.min(mostConfirming, Math.ceil(editorCount / writersPerConfirming))
  return Math.max(1, Math.min(Math.max(fewestConfirming, share), editorCount - 1))
}

/** The ends of this chain that anchors before `pos` hold, confirmed without a word of the chain's own user. */
export function anchoredEnds(
  state: State,
  { topic, device, user }: { topic: TopicId; device: DeviceId; user: UserId },
  pos: number,
): readonly ChainEnd[] {
  const confirmed = (state.anchors.get(topic) ?? []).filter((anchor) => isConfirmed(anchor, pos, user))
  return confirmed.map((anchor) => anchor.rows.get(pairKey(topic, device))).filter((end) => end !== undefined)
}

/** Nobody provides for their own removal: the user's own word does not count, and one of the others is an admin. */
function isConfirmed({ votes }: Anchor, pos: number, without: UserId): boolean {
  const others = votes.filter((vote) => vote.pos < pos && vote.user !== without)
  return others.length >= (others.at(-1)?.needed ?? Infinity) && others.some((vote) => vote.byAdmin)
}
