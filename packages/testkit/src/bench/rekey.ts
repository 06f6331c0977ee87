/** B19: a new epoch for everybody who stays after a removal, beside one HPKE seal for each of them. */
import { idFromBytes } from '@poruch/base'
import type { Bytes, EpochId, ScopeId, UserId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import { createEpoch, sealEpochKey } from '@poruch/identity'
import { elapsedMs, figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly members: number
}

const target: Target = { text: '≤1.1x one HPKE seal each', most: 1.1 }
const info = new TextEncoder().encode('poruch/epoch-key v1')
/** scope, epoch, user, and a generation: what a sealed key is bound to. */
const contextSizeBytes = 100
/** Seals at once: enough to keep the crypto threads busy. */
const atOnce = 64

export const rekey = defineRow<Size>({
  id: 'B19',
  title: 'rekey after a removal',
  sizes: { full: { members: 1_000 }, tiny: { members: 5 } },
  measure: async ({ size, pairs }: Plan<Size>) => {
    const { seal, rekeyAll } = await prepare(size.members)
    const samples = await inTurns(pairs, { ours: async () => elapsedMs(rekeyAll), seals: async () => elapsedMs(seal) })
    const ratio = pairedRatio(samples.ours, samples.seals)
    return [
      {
        id: 'B19',
        work: `an epoch made, and its key sealed and signed for ${size.members} members`,
        ours: figure('rekey', 'ms', samples.ours),
        peers: [],
        limit: figure('one HPKE seal each', 'ms', samples.seals),
        ratio,
        target: target.text,
        met: isMet(ratio, target),
      },
    ]
  },
})

async function prepare(members: number): Promise<{ seal(): Promise<void>; rekeyAll(): Promise<void> }> {
  const suite = webCryptoSuite()
  const device = await suite.generateSigningKey()
  const scope: ScopeId = idFromBytes(systemRandom.bytes(32))
  const epoch: EpochId = idFromBytes(systemRandom.bytes(32))
  const aad = systemRandom.bytes(contextSizeBytes)
  const puk = await Promise.all(Array.from({ length: members }, async () => (await suite.generateHpkeKey()).publicKey))
  const readers = puk.map((publicKey) => {
    const user: UserId = idFromBytes(systemRandom.bytes(32))
    return { user, userLogHead: idFromBytes<'entry'>(systemRandom.bytes(32)), pukGen: 0, puk: { gen: 0, publicKey } }
  })
  return {
    seal: async () => {
      const key = systemRandom.bytes(32)
      await inPages(puk, async (recipient: Bytes) => suite.hpkeSeal(recipient, info, aad, key))
    },
    rekeyAll: async () => {
      const previousKey = systemRandom.bytes(32)
      const { key } = await createEpoch({ suite, random: systemRandom, scope, gen: 1, readers, previousKey })
      await inPages(readers, async (reader) => sealEpochKey({ suite, device, scope, epoch, key, reader }))
    },
  }
}

async function inPages<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < all.length; from += atOnce) await Promise.all(all.slice(from, from + atOnce).map(work))
}
