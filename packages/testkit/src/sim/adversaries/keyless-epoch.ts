/** An epoch by the rules, whose key its author seals to nobody, or to a few: the others must not be silenced by that. */
import { createEpoch, nextPlace, sealEpochKey } from '@poruch/identity'
import type { EpochId } from '@poruch/base'
import type { Adversary } from './adversary.ts'
import { signEntry } from './traitor-entry.ts'
import { sealedKeyKind } from './wrong-key.ts'

/** Of the readers, those who are given the key. */
const share = 0.3

export const keylessEpoch: Adversary = {
  name: 'keyless-epoch',
  by: 'member',
  act: async (attack) => {
    const { cast, traitor, chance } = attack
    const { suite } = cast.world
    const fold = await traitor.fold()
    const last = fold?.epochs().at(-1)
    if (!fold || !last) return
    const { scope } = fold
    const members = fold.members()
    const readers = members.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
    const previousKey = (await traitor.epochKey(last.id)) ?? chance.bytes(32)
    const { draft, key } = await createEpoch({ suite, random: chance, scope, gen: last.gen + 1, readers, previousKey })
    const signed = await signEntry(attack, { fold, draft, place: nextPlace(fold) })
    if (!signed) return
    traitor.hurl({ type: 'PROPOSE', ref: traitor.nextRef(), records: [signed.record] }, 'relay')
    const epoch = signed.id as string as EpochId
    for (const reader of members.filter(() => chance.flip(share))) {
      const record = await sealEpochKey({ suite, device: traitor.key, scope, epoch, key, reader })
      traitor.hurl({ type: 'PUTKEY', ref: traitor.nextRef(), kind: sealedKeyKind, record }, 'relay')
    }
  },
}
