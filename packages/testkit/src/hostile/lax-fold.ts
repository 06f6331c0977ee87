/** In place of the relay's judgement of rights: whoever is known may do everything, and what the log refuses is ordered all the same. */
import { makeScopeFold as makeHonestFold, makeTopicAuthority as makeHonestAuthority, roles } from '@poruch/identity/fold'
import type { ScopeFold, ScopeFoldOptions, TopicAuthority } from '@poruch/identity/fold'

export function makeScopeFold(options: ScopeFoldOptions): ScopeFold {
  const fold = makeHonestFold(options)
  return {
    ...fold,
    apply: async (records, how) => {
      const judged = await fold.apply(records, how)
      return judged.ok ? judged : { ok: true, value: () => undefined }
    },
    roleAt: (user, pos) => (isKnown(fold, user) ? roles.owner : fold.roleAt(user, pos)),
  }
}

/** Removed ones, too. */
function isKnown(fold: ScopeFold, user: Parameters<ScopeFold['roleAt']>[0]): boolean {
  const head = fold.head()
  for (let pos = head?.pos ?? -1; pos >= 0; pos--) if (fold.roleAt(user, pos) > roles.none) return true
  return false
}

export function makeTopicAuthority(folds: () => Iterable<ScopeFold>): TopicAuthority {
  const honest = makeHonestAuthority(folds)
  return {
    ...honest,
    mayRead: (topic) => honest.foldOf(topic) !== null,
    authorAt: (topic, device, pos) => {
      const user = honest.foldOf(topic)?.ownerOf(device)
      return user ? { user } : honest.authorAt(topic, device, pos)
    },
    isFrozen: () => false,
    epochFor: (topic, device, gen, pos) => {
      const fold = honest.foldOf(topic)
      return (!honest.usersOfDirect(topic) && fold?.epochByGen(gen)?.id) || honest.epochFor(topic, device, gen, pos)
    },
    standing: () => 'stands',
  }
}
