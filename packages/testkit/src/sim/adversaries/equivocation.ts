/** Two envelopes for one place of the traitor's own chain, each told to others: all must end on the same one, and know who did it. */
import { arrayNameOf } from '@poruch/model'
import type { TopicId } from '@poruch/base'
import type { LogRow } from '@poruch/sync'
import type { Adversary, MemberAttack } from './adversary.ts'
import { fairMessageOf, newCounter, someChannel } from './evil-tuples.ts'
import { rawUpdate } from './raw-update.ts'

export const equivocation: Adversary = {
  name: 'equivocation',
  by: 'member',
  act: async (attack) => {
    const { chance } = attack
    const topic = await someChannel(attack)
    if (topic === null) return
    const [one, other] = [await branch(attack, topic), await branch(attack, topic)]
    if (!one || !other) return
    const tell = chance.pick(['keep', 'relay', 'peers'] as const)
    const isBoth = tell !== 'keep' && chance.flip(0.5)
    await put(attack, topic, { row: one, to: tell })
    await put(attack, topic, { row: other, to: isBoth ? tell : tell === 'relay' ? 'peers' : 'relay' })
  },
}

/** Something to say next, that differs from call to call. */
async function branch(attack: MemberAttack, topic: TopicId): Promise<LogRow | null> {
  const { traitor } = attack
  const n = newCounter(attack)
  const lamport = ((await traitor.rowsOf(topic, traitor.device)).at(-1)?.lamport ?? 0) + 1
  const values = [fairMessageOf(traitor.device, { n, text: `branch ${n}`, lamport })]
  const bytes = rawUpdate({ client: await traitor.clientId(topic, n), clock: 0, root: arrayNameOf(traitor.device), values })
  return traitor.seal(topic, { n, bytes })
}

async function put({ traitor }: MemberAttack, topic: TopicId, told: { row: LogRow; to: 'keep' | 'relay' | 'peers' }): Promise<void> {
  const { row, to } = told
  if (to === 'keep') await traitor.keep(topic, row)
  else if (to === 'peers') traitor.hurl({ type: 'ENTRY', topic, relaySeq: 0, envelope: row.bytes }, 'peers')
  else traitor.hurl({ type: 'APPEND', ref: traitor.nextRef(), topic, envelope: row.bytes }, 'relay')
}
