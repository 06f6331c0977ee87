/** Envelopes that state an earlier position and epoch than their author has seen: those of before a removal, once it is one. */
import { arrayNameOf } from '@poruch/model'
import type { Adversary } from './adversary.ts'
import { messageOf, newCounter, someChannel } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const backdatedEnvelope: Adversary = {
  name: 'backdated-envelope',
  by: 'member',
  act: async (attack) => {
    const { traitor, chance, evil } = attack
    const fold = await traitor.fold()
    const topic = await someChannel(attack)
    const last = topic === null ? undefined : (await traitor.rowsOf(topic, traitor.device)).at(-1)
    if (!fold || topic === null || !last || last.pos === 0) return
    const [n, pos] = [newCounter(attack), chance.below(last.pos)]
    const values = [messageOf(traitor.device, evil(), last.lamport + 1)]
    const bytes = rawUpdate({ client: await traitor.clientId(topic, n), clock: 0, root: arrayNameOf(traitor.device), values })
    const row = await traitor.seal(topic, { n, bytes }, { pos, gen: chance.below(fold.epochs().length) })
    if (!row) return
    traitor.hurl({ type: 'ENTRY', topic, relaySeq: 0, envelope: row.bytes }, 'peers')
    traitor.hurl({ type: 'APPEND', ref: traitor.nextRef(), topic, envelope: row.bytes }, 'relay')
  },
}
