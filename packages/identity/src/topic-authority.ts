/** What membership says of one envelope, over workspace topics and the implied 1:1 topics; relays and peers ask this same code. */
import type { DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import type { EnvelopePlace, ScopeFold, Standing } from './fold-api.ts'
import { directChain } from './keys/direct-epoch.ts'
import { roles } from './roles.ts'
import { prefixOf } from './scope-log/topics.ts'

/** One accepted direct epoch, as far as judging envelopes needs it. */
export interface KnownDirectEpoch {
  readonly workspace: ScopeId
  /** The 1:1 scope. */
  readonly scope: ScopeId
  /** 28 bytes, hexadecimal. */
  readonly topicPrefix: string
  readonly author: UserId
  readonly other: UserId
  /** The author's. */
  readonly device: DeviceId
  readonly gen: number
  readonly id: EpochId
}

interface DirectTopics {
  readonly workspace: ScopeId
  readonly scope: ScopeId
  readonly users: readonly [UserId, UserId]
  /** By chain and gen. */
  readonly epochs: Map<string, EpochId>
}

/** What an envelope's position and hint stand for. */
export interface StatedHead {
  readonly id: EntryId
  /** Where it is judged: there, or at the last position in common where owners have left what stood there. */
  readonly pos: number
}

/** Entries of stretches that owners have left, as far as they are known. */
export interface LeftHeads {
  find(scope: ScopeId, pos: number, hint: string): EntryId | null
  /** The epoch of that gen which was opened at or before that entry, on the stretch that was left; or null. */
  epochOf(scope: ScopeId, head: EntryId, gen: number): EpochId | null
}

const nothingLeft: LeftHeads = { find: () => null, epochOf: () => null }

export interface TopicAuthority {
  /** Makes a 1:1 known; a second epoch of the same chain and gen is ignored. */
  addDirectEpoch(epoch: KnownDirectEpoch): void
  /** The two users of a 1:1 topic, or null for any other topic. */
  usersOfDirect(topic: TopicId): readonly [UserId, UserId] | null
  /** The log that judges this topic, or null when the topic is unknown here. */
  foldOf(topic: TopicId): ScopeFold | null
  scopeOf(topic: TopicId): ScopeId | null
  /** Whether a user may read a topic now. */
  mayRead(topic: TopicId, user: UserId): boolean
  deviceByIndex(topic: TopicId, index: string): DeviceId | null
  headIdAt(topic: TopicId, pos: number): EntryId | null
  /** `unknown` where the log does not reach so far, `differs` where no entry that is known begins so. */
  headOf(topic: TopicId, pos: number, hint: string): StatedHead | 'unknown' | 'differs'
  /** As `ScopeFold.leftAt`. */
  leftAt(topic: TopicId, pos: number): number | null
  authorAt(topic: TopicId, device: DeviceId, pos: number): { readonly user: UserId } | { readonly refused: 'no-right' | 'unknown-topic' }
  /** Editors who may write the topic at that position, and both users of a 1:1. */
  mayCompact(topic: TopicId, device: DeviceId, pos: number): boolean
  /** Whether that device may, at that position, take the content of what the other has written: its own user's, or in a log an admin. */
  mayErase(topic: TopicId, device: DeviceId, pos: number, of: DeviceId): boolean
  /** Whether whoever can open the epoch can open the other too: by unbroken wraps from gen to gen, or as one of the two of a 1:1. */
  leadsTo(topic: TopicId, epoch: EpochId, older: EpochId): boolean
  /** True for a 1:1 once one of the two is no member: it has no cuts, so nothing new is taken any more. What is held stays. */
  isFrozen(topic: TopicId): boolean
  /** As `epochFor`, of an epoch on a stretch that owners have left; null for a 1:1, whose epochs are no entries. */
  leftEpoch(topic: TopicId, head: EntryId, gen: number): EpochId | 'unknown' | null
  epochFor(topic: TopicId, device: DeviceId, gen: number, pos: number): EpochId | 'unknown' | 'too-old'
  standing(topic: TopicId, place: Omit<EnvelopePlace, 'topic'>, onChain: (seq: number, id: EnvelopeId) => boolean): Standing
}

/** `folds` answers the logs known now; several at a relay, one at a device. Topic look-ups cost O(logs). */
export function makeTopicAuthority(folds: () => Iterable<ScopeFold>, left: LeftHeads = nothingLeft): TopicAuthority {
  const directs = new Map<string, DirectTopics>()
  const directOf = (topic: TopicId): DirectTopics | null => directs.get(prefixOf(topic)) ?? null
  const foldByScope = (scope: ScopeId): ScopeFold | null => [...folds()].find((fold) => fold.scope === scope) ?? null
  const ruleNow = (fold: ScopeFold, topic: TopicId): ReturnType<ScopeFold['topicRuleAt']> => {
    const head = fold.head()
    return head && fold.topicRuleAt(topic, head.pos)
  }
  const foldOf = (topic: TopicId): ScopeFold | null => {
    const direct = directOf(topic)
    if (direct) return foldByScope(direct.workspace)
    return [...folds()].find((fold) => ruleNow(fold, topic) !== null) ?? null
  }
  const isMember = (fold: ScopeFold, user: UserId): boolean => fold.roleAt(user, fold.head()?.pos ?? 0) >= roles.viewer

  return {
    addDirectEpoch: (epoch) => {
      const { workspace, scope, author, other } = epoch
      const direct = directs.get(epoch.topicPrefix) ?? { workspace, scope, users: [author, other], epochs: new Map() }
      directs.set(epoch.topicPrefix, direct)
      const key = directKey(epoch)
      if (!direct.epochs.has(key)) direct.epochs.set(key, epoch.id)
    },
    usersOfDirect: (topic) => directOf(topic)?.users ?? null,
    foldOf,
    scopeOf: (topic) => directOf(topic)?.scope ?? foldOf(topic)?.scope ?? null,
    mayRead: (topic, user) => {
      const fold = foldOf(topic)
      if (!fold || !isMember(fold, user)) return false
      return directOf(topic)?.users.includes(user) ?? true
    },
    deviceByIndex: (topic, index) => foldOf(topic)?.deviceByIndex(index) ?? null,
    headIdAt: (topic, pos) => foldOf(topic)?.entryIdAt(pos) ?? null,
    headOf: (topic, pos, hint) => {
      const fold = foldOf(topic)
      const own = fold?.entryIdAt(pos)
      if (!fold || !own) return 'unknown'
      if (own.startsWith(hint)) return { id: own, pos }
      const at = fold.leftAt(pos)
      const id = at === null ? null : left.find(fold.scope, pos, hint)
      return at === null || id === null ? 'differs' : { id, pos: at }
    },
    leftAt: (topic, pos) => foldOf(topic)?.leftAt(pos) ?? null,
    authorAt: (topic, device, pos) => {
      const fold = foldOf(topic)
      if (!fold) return { refused: 'unknown-topic' }
      const user = fold.userOf(device, pos)
      if (user === null) return { refused: 'no-right' }
      const direct = directOf(topic)
      if (direct && !direct.users.includes(user)) return { refused: 'no-right' }
      const minRole = direct ? roles.viewer : fold.topicRuleAt(topic, pos)?.minRole
      if (minRole === undefined) return { refused: 'unknown-topic' }
      return fold.roleAt(user, pos) >= minRole ? { user } : { refused: 'no-right' }
    },
    mayCompact: (topic, device, pos) => {
      const fold = foldOf(topic)
      const user = fold?.userOf(device, pos)
      if (!fold || !user) return false
      const direct = directOf(topic)
      if (direct) return direct.users.includes(user)
      const minRole = fold.topicRuleAt(topic, pos)?.minRole
      return minRole !== undefined && fold.roleAt(user, pos) >= Math.max(minRole, roles.editor)
    },
    mayErase: (topic, device, pos, of) => {
      const fold = foldOf(topic)
      const user = fold?.userOf(device, pos)
      if (!fold || !user) return false
      return fold.ownerOf(of) === user || (directOf(topic) === null && fold.roleAt(user, pos) >= roles.admin)
    },
    leadsTo: (topic, epoch, older) => {
      const direct = directOf(topic)
      if (direct) return [...direct.epochs.values()].includes(epoch) && [...direct.epochs.values()].includes(older)
      const epochs = foldOf(topic)?.epochs() ?? []
      const [from, to] = [epochs.findIndex(({ id }) => id === older), epochs.findIndex(({ id }) => id === epoch)]
      return from >= 0 && from <= to && epochs.slice(from + 1, to + 1).every(({ prevWrapped }) => prevWrapped.length > 0)
    },
    isFrozen: (topic) => {
      const fold = foldOf(topic)
      return fold !== null && !(directOf(topic)?.users ?? []).every((user) => isMember(fold, user))
    },
    leftEpoch: (topic, head, gen) => {
      const fold = directOf(topic) ? null : foldOf(topic)
      return fold && (left.epochOf(fold.scope, head, gen) ?? 'unknown')
    },
    epochFor: (topic, device, gen, pos) => {
      const fold = foldOf(topic)
      const direct = directOf(topic)
      const user = fold?.userOf(device, pos)
      if (direct) return (user && direct.epochs.get(directKey({ author: user, device, gen }))) ?? 'unknown'
      const epoch = fold?.epochByGen(gen)
      if (!fold || !epoch || epoch.pos > pos) return 'unknown'
      return gen < fold.minGenAt(pos) ? 'too-old' : epoch.id
    },
    standing: (topic, place, onChain) => {
      if (directOf(topic)) return 'stands'
      return foldOf(topic)?.standing({ topic, ...place }, onChain) ?? 'stands'
    },
  }
}

function directKey(epoch: Pick<KnownDirectEpoch, 'author' | 'device' | 'gen'>): string {
  return `${directChain(epoch)}/${epoch.gen}`
}
