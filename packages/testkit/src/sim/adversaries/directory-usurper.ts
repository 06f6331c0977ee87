/** An editor who names the workspace anew, as only an admin may. */
import type { Adversary } from './adversary.ts'
import { writeOwn } from './evil-tuples.ts'
import { rawUpdate, value } from './raw-update.ts'

export const directoryUsurper: Adversary = {
  name: 'directory-usurper',
  by: 'member',
  act: async (attack) => {
    const topic = await attack.traitor.directory()
    if (topic === null) return
    await writeOwn(attack, topic, ({ client, root, lamport }) =>
      rawUpdate({ client, clock: 0, root, values: [value(['workspace', attack.evil(), lamport])] }),
    )
  },
}
