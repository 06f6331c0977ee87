/** Sealed keys that open to something else than their epoch's key, for everybody who waits for one. */
import { sealEpochKey } from '@poruch/identity'
import type { Adversary } from './adversary.ts'

/** Key kinds of docs/PROTOCOL.md: a sealed epoch key. */
export const sealedKeyKind = 1

export const wrongKey: Adversary = {
  name: 'wrong-key',
  by: 'member',
  act: async ({ cast, traitor, chance }) => {
    const fold = await traitor.fold()
    const epochs = fold?.epochs() ?? []
    if (!fold || epochs.length === 0) return
    const { id } = chance.pick(epochs)
    for (const reader of fold.members()) {
      const key = chance.bytes(32)
      const record = await sealEpochKey({ suite: cast.world.suite, device: traitor.key, scope: fold.scope, epoch: id, key, reader })
      traitor.hurl({ type: 'KEY', keyCursor: 0, kind: sealedKeyKind, record }, 'peers')
      traitor.hurl({ type: 'PUTKEY', ref: traitor.nextRef(), kind: sealedKeyKind, record }, 'relay')
    }
  },
}
