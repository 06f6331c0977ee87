/** Envelopes far ahead of their chain, which can be neither checked nor refused: whoever gets them must not drown. */
import { arrayNameOf } from '@poruch/model'
import type { EnvelopeId } from '@poruch/base'
import type { Adversary } from './adversary.ts'
import { messageOf, newCounter, someChannel } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

const envelopesAtOnce = 16

export const gapFlood: Adversary = {
  name: 'gap-flood',
  by: 'member',
  act: async (attack) => {
    const { traitor, chance, evil } = attack
    const topic = await someChannel(attack)
    if (topic === null) return
    const far = 1000 + chance.below(2 ** 31)
    const bytes = rawUpdate({ client: 1, clock: 0, root: arrayNameOf(traitor.device), values: [messageOf(traitor.device, evil())] })
    for (let count = 0; count < envelopesAtOnce; count++) {
      const prev = 'ef'.repeat(32) as EnvelopeId
      const row = await traitor.seal(topic, { n: newCounter(attack), bytes }, { seq: far + 2 * count, prev })
      if (!row) return
      traitor.hurl({ type: 'ENTRY', topic, relaySeq: 0, envelope: row.bytes }, 'peers')
      traitor.hurl({ type: 'APPEND', ref: traitor.nextRef(), topic, envelope: row.bytes }, 'relay')
    }
  },
}
