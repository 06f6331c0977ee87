/** Entries of the membership log that a traitor signs. */
import { propose } from '@poruch/identity'
import type { Draft, LogPlace } from '@poruch/identity'
import type { ScopeFold } from '@poruch/identity/fold'
import type { MemberAttack } from './adversary.ts'

export interface TraitorEntry {
  readonly fold: ScopeFold
  readonly draft: Draft
  readonly place: LogPlace
}

/** Null for one whom the log does not know. */
export async function signEntry(
  { traitor, cast }: MemberAttack,
  { fold, draft, place }: TraitorEntry,
): Promise<Awaited<ReturnType<typeof propose>> | null> {
  const userLogHead = fold.userLog(traitor.user)?.head
  return userLogHead ? propose(cast.world.suite, place, { draft, author: { device: traitor.key, userLogHead } }) : null
}
