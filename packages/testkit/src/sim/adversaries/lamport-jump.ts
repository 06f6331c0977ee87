/** An authentic envelope with the greatest lamport number there is: whoever counts on from it has no numbers left. */
import { arrayNameOf } from '@poruch/model'
import { lamportLimit } from '@poruch/sync/wire'
import type { Adversary } from './adversary.ts'
import { messageOf, newCounter, someChannel } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const lamportJump: Adversary = {
  name: 'lamport-jump',
  by: 'member',
  act: async (attack) => {
    const { traitor, chance, evil } = attack
    const topic = await someChannel(attack)
    if (topic === null) return
    const [n, lamport] = [newCounter(attack), chance.pick([lamportLimit - 1, lamportLimit - 2, 2 ** 40])]
    const values = [messageOf(traitor.device, evil(), 1)]
    const bytes = rawUpdate({ client: await traitor.clientId(topic, n), clock: 0, root: arrayNameOf(traitor.device), values })
    const row = await traitor.seal(topic, { n, bytes }, { lamport })
    if (row) await traitor.keep(topic, row)
  },
}
