/** Joins the workspace's log and this device's keys into what sync asks of membership. */
import type { TopicId } from '@poruch/base'
import { prefixOf } from '@poruch/identity/fold'
import type { TopicAuthority } from '@poruch/identity/fold'
import type { Authority } from '@poruch/sync'
import type { Account } from './account.ts'
import type { DirectChats } from './direct-chats.ts'
import { usableEpoch } from './epoch-keys.ts'
import type { EpochKeys } from './epoch-keys.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface AuthorityParts {
  readonly account: Account
  readonly log: WorkspaceLog
  readonly topics: TopicAuthority
  readonly keys: EpochKeys
  directs(): DirectChats
}

export function makeAuthority({ account, log, topics, keys, directs }: AuthorityParts): Authority {
  const { fold } = log
  const mayWrite = (topic: TopicId): boolean => {
    const head = fold.head()
    return head !== null && !topics.isFrozen(topic) && 'user' in topics.authorAt(topic, account.device, head.pos)
  }
  return {
    ...topics,
    head: (topic) => topics.foldOf(topic)?.head() ?? null,
    epochKey: async (_topic, epoch) => keys.get(epoch),
    writingEpoch: async (topic) => {
      if (!mayWrite(topic)) return { waiting: 'no-right' }
      if (topics.usersOfDirect(topic)) return directs().newestOwn(prefixOf(topic)) ?? { waiting: 'no-key' }
      if (fold.epochDue()) return { waiting: 'epoch-due' }
      const usable = usableEpoch(fold, keys)
      return usable ? { gen: usable.gen, id: usable.id } : { waiting: 'no-key' }
    },
    cutVersion: () => fold.cutVersion(),
    noteLeftHead: async (_topic, left) => log.left.note(left),
  }
}
