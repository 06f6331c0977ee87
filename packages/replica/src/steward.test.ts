/** A team without a relay: an owner's device orders what the others propose over direct links. */
import { describe, expect, test } from 'vitest'
import { finished, openTeam, say } from './testing/scene.ts'
import type { Tab, Team } from './testing/scene.ts'

/** The relay is gone for good; Alice owns. */
async function openStewarded(names: readonly string[] = ['Alice', 'Bob']): Promise<Team & { alice: Tab; bob: Tab }> {
  const team = await openTeam(names, { direct: true })
  const [alice, bob] = team.tabs as [Tab, Tab]
  team.scene.relay.stop()
  await finished(team.scene, alice.replica.becomeSteward())
  return { ...team, alice, bob }
}

const channelsOf = (tab: Tab): number => tab.workspace().conversations.filter(({ id }) => id.kind === 'channel').length

describe('a steward', () => {
  test('[RP330] orders its own changes and those of the others over direct links, without a relay', async () => {
    const { scene, alice, bob, channel } = await openStewarded()
    await finished(scene, alice.replica.createChannel('Hers'))
    await scene.until('Bob knows', () => bob.replica.connection.read().steward?.name === 'Alice')
    expect([alice, bob].map((tab) => tab.replica.connection.read().steward?.isThisDevice)).toEqual([true, false])
    await finished(scene, bob.replica.createChannel('His'))
    await scene.until('both have both', () => [alice, bob].every((tab) => channelsOf(tab) === 3))
    await say(scene, bob, channel, ['still here'])
    await scene.until('Alice reads', () => alice.texts(channel).includes('still here'))
    // A relay that comes back is left alone: it orders here no more, and does nothing wrong by that.
    await scene.relay.start()
    await scene.pass(5_000)
    expect([alice, bob].flatMap((tab) => tab.replica.alarms.read())).toEqual([])
    await finished(scene, bob.replica.createChannel('Still over the link'))
  })

  test('[RP330] of two who propose at once both are ordered: who was later builds anew', async () => {
    const { scene, alice, bob, tabs } = await openStewarded(['Alice', 'Bob', 'Carol'])
    const carol = tabs[2] as Tab
    await Promise.all([alice, bob, carol].map(async (tab, index) => finished(scene, tab.replica.createChannel(`channel ${index}`))))
    await scene.until('all have all', () => [alice, bob, carol].every((tab) => channelsOf(tab) === 4))
  })

  test('[RP330] a removal by it stands: the removed hears nothing more, and opens nothing that is written then', async () => {
    const { scene, alice, bob, channel, tabs } = await openStewarded(['Alice', 'Bob', 'Carol'])
    const carol = tabs[2] as Tab
    await finished(scene, alice.replica.removeMember(alice.member('Bob').user))
    await scene.until('Carol knows', () => carol.workspace().members.length === 2)
    await say(scene, alice, channel, ['among us'])
    await scene.until('Carol reads', () => carol.texts(channel).includes('among us'))
    await scene.pass(2_000)
    expect(bob.texts(channel)).toEqual([])
  })

  test('[RP331] what waits for the steward’s device says so, and is made when it is linked', async () => {
    const { scene, alice, bob, devices } = await openStewarded()
    await alice.close()
    await scene.until('the link is gone', () => bob.replica.connection.read().waitsFor?.name === 'Alice')
    const made = bob.replica.createChannel('Later')
    await scene.until('it waits', () => bob.replica.connection.read().waitingChanges === 1)
    await scene.pass(60_000)
    expect(bob.replica.connection.read()).toMatchObject({ waitingChanges: 1, waitsFor: { name: 'Alice' } })
    const again = await devices[0]!.open()
    again.online()
    await finished(scene, made)
    expect(bob.replica.connection.read().waitsFor).toBeNull()
    await scene.until('Alice has it', () => channelsOf(again) === 2)
  })

  test('[RP332] nobody but an owner becomes one, and a device that is none orders nothing', async () => {
    const { scene, bob } = await openStewarded()
    await expect(finished(scene, bob.replica.becomeSteward())).rejects.toMatchObject({ code: 'refused', reason: 'no-right' })
    await finished(scene, bob.replica.createChannel('Still by Alice'))
  })
})
