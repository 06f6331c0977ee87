/** Epochs that are opened, or not: what is proposed, told by what the relay is sent. */
import { expect, test } from 'vitest'
import { hearSilently, openLone } from './testing/lone-device.ts'
import { openTeam } from './testing/scene.ts'
import type { Device, Tab } from './testing/scene.ts'

test('[RP192] an epoch whose key has come meanwhile, or that is not the newest any more, is not skipped', async () => {
  const { scene, tabs, devices } = await openTeam(['Alice', 'Bob'])
  const [, bob] = tabs as [Tab, Tab]
  const [, bobDevice] = devices as [Device, Device]
  await bob.close()
  const device = await openLone(scene, bobDevice)
  const sent = hearSilently(device)
  const epochs = device.log.fold.epochs()
  expect(epochs.length).toBeGreaterThan(0)
  for (const { id } of epochs) {
    expect(device.keys.get(id)).not.toBeNull()
    await device.membership.skip(id)
  }
  await device.membership.skip('ee'.repeat(32) as never)
  expect(sent).toEqual([])
  // The same device does propose what is wanted.
  const asked = device.membership.rotate(epochs.at(-1)?.gen).catch((thrown: unknown) => thrown)
  await scene.until('it is proposed', () => sent.some(({ type }) => type === 'PROPOSE'))
  device.proposals.close()
  expect(await asked).toMatchObject({ code: 'closed' })
})
