/** Anchor: a snapshot's frontier in the log, which later cuts do not go below. */
import { equalBytes } from '@poruch/base'
import type { Bytes, DeviceId, TopicId, UserId } from '@poruch/base'
import type { AnchorInfo } from '../fold-api.ts'
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
import type { Anchor, ChainEnd, State, UserRow } from './state.ts'

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

/** The words for a snapshot, whichever frontier the most of them name. */
export function anchorInfo(state: State, topic: TopicId, snapshot: Bytes): AnchorInfo | null {
  const named = (state.anchors.get(topic) ?? []).filter((anchor) => equalBytes(anchor.snapshot, snapshot))
  const [anchor] = named.toSorted((a, b) => b.votes.length - a.votes.length)
  if (!anchor) return null
  const ends = [...anchor.rows].map(([key, { seq, id }]) => ({ device: key.slice(topic.length) as DeviceId, seq, id }))
  return { ends, users: anchor.votes.map(({ user }) => user), isConfirmed: (author) => isConfirmedBeside(state, anchor, author) }
}

/** A cut asks for an admin's word always; to let go of what a pack holds, others' words are enough where its author is the only admin. */
function isConfirmedBeside(state: State, { votes }: Anchor, author: UserId): boolean {
  const roleOf = (row: UserRow): number => lastValue(row.roles) ?? roles.none
  const others = [...state.users.committed()].filter((row) => row.user !== author)
  if (!others.some((row) => roleOf(row) >= roles.editor)) return votes.some((vote) => vote.user === author)
  const words = votes.filter((vote) => vote.user !== author)
  const hasAdmin = words.some((vote) => vote.byAdmin) || !others.some((row) => roleOf(row) >= roles.admin)
  return hasAdmin && words.length >= (words.at(-1)?.needed ?? Infinity)
}

export function anchoredTopics(state: State): readonly { readonly topic: TopicId; readonly words: number }[] {
  const topics: { readonly topic: TopicId; readonly words: number }[] = []
  state.anchors.eachDraft((anchors, topic) => topics.push({ topic, words: anchors.reduce((sum, { votes }) => sum + votes.length, 0) }))
  return topics
}
