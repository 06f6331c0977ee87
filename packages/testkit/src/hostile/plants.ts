/** Bugs put into honest devices on purpose, to see that the attacks find them. */
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import { openSync } from '@poruch/sync'
import type { MemberParts } from './members.ts'

export type PlantName = 'no-signature-check' | 'no-cut'

export const plants: Readonly<Record<PlantName, MemberParts>> = {
  'no-signature-check': { suite: { ...webCryptoSuite(systemRandom), verify: () => Promise.resolve(true) } },
  'no-cut': { openSync: (options) => openSync({ ...options, authority: { ...options.authority, standing: () => 'stands' } }) },
}
