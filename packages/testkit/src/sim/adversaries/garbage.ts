/** Frames that are none: random bytes, known types cut short, types that go the other way. */
import type { Adversary } from './adversary.ts'

const maxGarbageBytes = 2000
const frameTypes = [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 21, 22, 23, 32, 33, 34, 35, 48, 49, 50, 51, 52, 99]

export const garbage: Adversary = {
  name: 'garbage',
  by: 'member',
  act: async ({ traitor, chance }) => {
    const bytes = chance.bytes(1 + chance.below(maxGarbageBytes))
    if (chance.flip(0.8)) bytes[0] = chance.pick(frameTypes)
    traitor.hurl(bytes, chance.pick(['relay', 'peers']))
    return Promise.resolve()
  },
}
