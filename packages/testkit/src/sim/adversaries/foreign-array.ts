/** An update under the traitor's own clientID that writes into another's array, as if they had said it, or takes out what they said. */
import { arrayNameOf } from '@poruch/model'
import type { Adversary } from './adversary.ts'
import { messageOf, victimIn, writeOwn } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const foreignArray: Adversary = {
  name: 'foreign-array',
  by: 'member',
  act: async (attack) => {
    const { traitor, chance, evil } = attack
    const victim = await victimIn(attack)
    if (!victim) return
    const deletes = { client: victim.client, clock: 0, length: victim.clock }
    const spoil = chance.pick(['root', 'name', 'deletes'] as const)
    await writeOwn(attack, victim.topic, ({ client, root, lamport }) =>
      rawUpdate({
        client,
        clock: 0,
        root: spoil === 'root' ? arrayNameOf(victim.device) : root,
        values: [messageOf(spoil === 'name' ? victim.device : traitor.device, evil(), lamport)],
        ...(spoil === 'deletes' ? { deletes } : {}),
      }),
    )
  },
}
