/** Keys that are not those which the log commits to. */
import { systemRandom } from '@poruch/crypto'
import { createIdentity, sealEpochKey } from '@poruch/identity'
import type { EpochId } from '@poruch/base'
import { until, untilAsync } from '../../kill9/patience.ts'
import type { Attack } from '../attack.ts'
import { foldOf, memberIn } from '../forgery.ts'
import type { World } from '../world.ts'

export const keyAttacks: readonly Attack[] = [
  {
    name: 'serve forged keys for a new epoch',
    isFinal: true,
    run: serveForgedKeys,
  },
]

/** Carol is removed, so that there is a new epoch; Bob gets keys for it from the relay, from one who was removed, and a wrong one of Alice's hand. */
async function serveForgedKeys(world: World): Promise<void> {
  const { alice, bob, carol, dave, suite, scope, proxy } = world
  let withheld = 0
  proxy.setTricks({ down: (frame, to) => (frame.type === 'KEY' && to.device === bob.id ? (withheld++, []) : [frame]) })
  const gens = (await foldOf(world, bob)).epochs().length
  await alice.replica.removeMember(carol.user)
  world.part(carol)
  let epoch: EpochId | null = null
  await untilAsync('Bob knows of the epoch and has no key', async () => {
    epoch = (await foldOf(world, bob)).epochs()[gens]?.id ?? null
    return epoch !== null && withheld > 0
  })
  if (epoch === null) throw new Error('there is no new epoch')
  const reader = memberIn(await foldOf(world, bob), bob)
  const self = await createIdentity({ suite, random: systemRandom })
  for (const device of [self.device, await dave.signingKey(), await alice.signingKey()]) {
    const record = await sealEpochKey({ suite, device, scope, epoch, key: systemRandom.bytes(32), reader })
    const before = bob.heard('epoch-fault')
    proxy.lineOf(bob.id).toDevice({ type: 'KEY', keyCursor: 1, kind: 1, record })
    if (device.publicKey === (await alice.signingKey()).publicKey) await until('Bob has opened it', () => bob.heard('epoch-fault') > before)
  }
  await until('Bob waits for the key', () => bob.replica.conversation(world.general.id).read().readOnly === 'waiting-for-key')
}
