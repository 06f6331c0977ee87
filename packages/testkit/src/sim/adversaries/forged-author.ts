/** Envelopes under another member's name, signed with the traitor's key; and another's own envelope, changed. */
import { arrayNameOf } from '@poruch/model'
import type { Adversary } from './adversary.ts'
import { messageOf, newCounter, victimIn } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const forgedAuthor: Adversary = {
  name: 'forged-author',
  by: 'member',
  act: async (attack) => {
    const { traitor, chance, evil } = attack
    const victim = await victimIn(attack)
    if (!victim) return
    const { topic, device, last, client, clock } = victim
    const bytes = rawUpdate({ client, clock, root: arrayNameOf(device), values: [messageOf(device, evil(), last.lamport + 1)] })
    const forged = await traitor.seal(topic, { n: newCounter(attack), bytes }, { as: device })
    const changed = new Uint8Array(last.bytes)
    const at = chance.below(changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(8))
    for (const envelope of [changed, ...(forged ? [forged.bytes] : [])]) {
      traitor.hurl({ type: 'ENTRY', topic, relaySeq: 0, envelope }, 'peers')
      traitor.hurl({ type: 'APPEND', ref: traitor.nextRef(), topic, envelope }, 'relay')
    }
  },
}
