/** Updates whose form is right and whose content would break whoever takes it as it is. */
import type { Bytes } from '@poruch/base'
import type { Adversary, MemberAttack } from './adversary.ts'
import { messageOf, someChannel, writeOwn } from './evil-tuples.ts'
import { nested, rawUpdate, value } from './raw-update.ts'

type Spoiled = (attack: MemberAttack, own: { client: number; root: string; lamport: number }) => Bytes

function writing(name: string, spoil: Spoiled): Adversary {
  return {
    name,
    by: 'member',
    act: async (attack) => {
      const topic = await someChannel(attack)
      if (topic !== null) await writeOwn(attack, topic, (own) => spoil(attack, own))
    },
  }
}

/** Levels: enough for a reader that calls itself. */
const levels = 20_000

export const deepNesting = writing('deep-nesting', (_, { client, root }) => rawUpdate({ client, clock: 0, root, values: [nested(levels)] }))

export const protoKeys = writing('proto-keys', ({ chance, evil }, { client, root }) => {
  const key = chance.pick(['__proto__', 'constructor', 'prototype'])
  const spoiled = new Map([[key, new Map([['isAdmin', evil()]])]])
  return rawUpdate({ client, clock: 0, root, values: [value([0, spoiled, null, 1, 0, evil()])] })
})

export const hugeClock = writing('huge-clock', ({ traitor, chance, evil }, { client, root, lamport }) =>
  rawUpdate({
    client,
    clock: chance.pick([2 ** 53 - 1, 2 ** 53 - 2, 2 ** 32, 1]),
    root,
    values: [messageOf(traitor.device, evil(), lamport)],
  }),
)

/** A lamport number within the document that its envelope does not bear out, or an id of somebody else. */
export const wrongStamp = writing('wrong-stamp', ({ traitor, chance, evil }, { client, root, lamport }) => {
  const values = chance.flip(0.5)
    ? [messageOf(traitor.device, evil(), lamport + 1000)]
    : [value([0, `${'ab'.repeat(32)}|1`, null, lamport, 0, evil()])]
  return rawUpdate({ client, clock: 0, root, values })
})
