/** The topics of the workspace that this version writes. */
import type { TopicId, UserId } from '@poruch/base'
import { docKinds, topicIdOf } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'

/** Those of the workspace's own documents. */
export function workspaceTopicsOf(fold: Pick<ScopeFold, 'docs'>): TopicId[] {
  return fold
    .docs()
    .filter(({ kind }) => kind === docKinds.directory || kind === docKinds.channel)
    .map(({ prefix }) => topicIdOf(prefix, 0))
}

export interface TopicSources {
  readonly fold: Pick<ScopeFold, 'docs'>
  /** The 1:1 chats that have begun. */
  opened(): readonly UserId[]
  directTopic(other: UserId): TopicId
}

/** Those and the 1:1 chats: asked for with every frame of a peer, and made anew only when there are others. */
export function makeAllTopics({ fold, opened, directTopic }: TopicSources): () => ReadonlySet<TopicId> {
  let known: { readonly docs: unknown; readonly chats: unknown; readonly topics: ReadonlySet<TopicId> } | null = null
  return () => {
    const [docs, chats] = [fold.docs(), opened()]
    if (known?.docs !== docs || known.chats !== chats)
      known = { docs, chats, topics: new Set([...workspaceTopicsOf(fold), ...chats.map(directTopic)]) }
    return known.topics
  }
}
