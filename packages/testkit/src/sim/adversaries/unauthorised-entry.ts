/** Entries of the membership log beyond the traitor's right: proposed to the relay, and sent to peers with the traitor's own countersignature. */
import type { UserId } from '@poruch/base'
import {
  createIdentity,
  createEpoch,
  draftAdmit,
  draftCheckpoint,
  draftEpoch,
  draftRemove,
  draftSetRole,
  nextPlace,
} from '@poruch/identity'
import type { Draft, LogPlace } from '@poruch/identity'
import { countersign, encodeRecord, roles } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import type { Adversary, MemberAttack } from './adversary.ts'
import { signEntry } from './traitor-entry.ts'

type Drafting = (attack: MemberAttack, fold: ScopeFold) => Promise<Draft>

function proposing(name: string, draftOf: Drafting, placeOf: (fold: ScopeFold, attack: MemberAttack) => LogPlace = nextPlace): Adversary {
  return {
    name,
    by: 'member',
    act: async (attack) => {
      const { traitor, cast } = attack
      const fold = await traitor.fold()
      if (!fold) return
      const place = placeOf(fold, attack)
      const signed = await signEntry(attack, { fold, draft: await draftOf(attack, fold), place })
      if (!signed) return
      const { record, entry, id, cutList } = signed
      traitor.hurl({ type: 'PROPOSE', ref: traitor.nextRef(), records: [record] }, 'relay')
      const at = { scope: fold.scope, pos: place.pos, id, prev: place.prev }
      const countersignature = await countersign(cast.world.suite, traitor.key, at)
      traitor.hurl({ type: 'ORDERED', scope: fold.scope, records: [encodeRecord({ entry, cutList, countersignature })] }, 'peers')
    },
  }
}

function someoneElse({ traitor, chance }: MemberAttack, fold: ScopeFold): UserId {
  const others = fold.members().filter(({ user }) => user !== traitor.user)
  return others.length > 0 ? chance.pick(others).user : traitor.user
}

export const unauthorisedEntry = proposing('unauthorised-entry', async (attack, fold) => {
  const { cast, traitor, chance } = attack
  const { suite } = cast.world
  const drafts = [
    async () => draftRemove(suite, someoneElse(attack, fold), []),
    async () => draftSetRole(suite, { user: traitor.user, role: roles.owner, cuts: null }),
    async () => {
      const stranger = await createIdentity({ suite, random: chance })
      return draftAdmit({ user: stranger.userId, role: roles.admin, entries: stranger.userLog })
    },
  ]
  return chance.pick(drafts)()
})

/** An epoch that skips a number, or whose readers are not the members. */
export const unauthorisedEpoch = proposing('unauthorised-epoch', async ({ cast, traitor, chance }, fold) => {
  const { suite } = cast.world
  const next = fold.epochs().length
  if (chance.flip(0.5)) {
    const [keyCommitment, readersRoot] = [chance.bytes(32), chance.bytes(32)]
    return draftEpoch({ gen: next, keyCommitment, readersRoot, prevWrapped: chance.bytes(60) })
  }
  const mine = fold.members().filter(({ user }) => user === traitor.user)
  const readers = mine.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
  const gen = next + chance.below(2)
  return (await createEpoch({ suite, random: chance, scope: fold.scope, gen, readers, previousKey: null })).draft
})

/** A Checkpoint by somebody who owns nothing, over the state as it is or over none that there ever was. */
export const forgedCheckpoint = proposing('forged-checkpoint', async ({ chance }, fold) =>
  draftCheckpoint(chance.flip(0.5) ? await fold.stateRoot() : chance.bytes(32)),
)

/** An entry in the past: where the traitor stood when it still had the right, or another's entry stands today. */
export const backdatedEntry = proposing(
  'backdated-entry',
  async (attack, fold) => draftRemove(attack.cast.world.suite, someoneElse(attack, fold), []),
  (fold, { chance }) => {
    const pos = 1 + chance.below(Math.max(1, fold.head()?.pos ?? 1))
    return { scope: fold.scope, pos, prev: fold.entryIdAt(pos - 1) }
  },
)
