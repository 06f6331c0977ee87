/** The topics of the workspace's own documents that this version writes. */
import type { TopicId } from '@poruch/base'
import { docKinds, topicIdOf } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'

export function workspaceTopicsOf(fold: Pick<ScopeFold, 'docs'>): TopicId[] {
  return fold
    .docs()
    .filter(({ kind }) => kind === docKinds.directory || kind === docKinds.channel)
    .map(({ prefix }) => topicIdOf(prefix, 0))
}
