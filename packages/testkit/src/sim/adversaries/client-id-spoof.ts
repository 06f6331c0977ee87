/** An honest envelope whose Yjs update claims the clientID of somebody else, at the clock that they will use next. */
import type { Adversary } from './adversary.ts'
import { messageOf, victimIn, writeOwn } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const clientIdSpoof: Adversary = {
  name: 'client-id-spoof',
  by: 'member',
  act: async (attack) => {
    const victim = await victimIn(attack)
    if (!victim) return
    const { topic, client, clock } = victim
    const { traitor, evil } = attack
    await writeOwn(attack, topic, ({ root, lamport }) =>
      rawUpdate({ client, clock, root, values: [messageOf(traitor.device, evil(), lamport)] }),
    )
  },
}
