/** A relay that goes on from an older copy of its disk, as if nothing had been since. */
import { attempt } from '../people.ts'
import type { Adversary } from './adversary.ts'

/** Within a storm. */
const latestMs = 14_000

export const relayRollsBack: Adversary = {
  name: 'relay-rolls-back',
  by: 'relay',
  act: ({ cast, chance }) => {
    cast.world.clock.after(chance.below(latestMs), () => {
      attempt(cast, 'the relay rolls back', async () => cast.world.rollBackRelay())
    })
  },
}
