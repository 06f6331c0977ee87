/** Names and titles of the workspace, from its directory document. */
import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { docKinds, topicIdOf } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import { directoryView } from '@poruch/model'
import type { Directory } from '@poruch/model'
import { makeTopicView } from './doc-views.ts'
import type { Documents } from './documents.ts'

export interface WorkspaceDirectory {
  /** Null before the log names the directory. */
  topic(): TopicId | null
  read(): Directory
  /** Roles have changed. */
  refresh(): void
}

const nothing: Directory = { workspace: '', titles: new Map(), names: new Map(), words: [] }

export function makeWorkspaceDirectory(fold: ScopeFold, documents: Documents): WorkspaceDirectory {
  let view: ReturnType<typeof makeTopicView<Directory>> | null = null
  const topic = (): TopicId | null => {
    const doc = fold.docs().find(({ kind }) => kind === docKinds.directory)
    return doc ? topicIdOf(doc.prefix, 0) : null
  }
  const present = (): ReturnType<typeof makeTopicView<Directory>> | null => {
    const at = topic()
    if (at)
      view ??= makeTopicView(documents, at, (doc) =>
        directoryView(doc, { roleOf: (device) => lastRoleOf(fold, device), userOf: fold.ownerOf }),
      )
    return view
  }
  return { topic, read: () => present()?.read() ?? nothing, refresh: () => present()?.refresh() }
}

/** The present role, or the last one of somebody who is gone: what they named keeps its name. */
function lastRoleOf(fold: ScopeFold, device: DeviceId): number {
  const user: UserId | null = fold.ownerOf(device)
  const head = fold.head()
  if (!user || !head) return 0
  for (let pos = head.pos; pos >= 0; pos--) {
    const role = fold.roleAt(user, pos)
    if (role > 0) return role
  }
  return 0
}
