import { expect, test } from 'vitest'
import type { DeviceId, UserId } from '@poruch/base'
import { makeManualClock } from '@poruch/testkit/memory'
import { beaconPeriodOf } from './freshness.ts'
import { makeSigns, typingAgainMs, typingForMs } from './signs.ts'
import { finished, openTeam } from './testing/scene.ts'

async function openPair(direct: boolean) {
  const team = await openTeam(['Alice', 'Bob'], { direct })
  const [alice, bob] = team.tabs
  const [aliceDevice] = team.devices
  if (!alice || !bob || !aliceDevice) throw new Error('no team')
  return { ...team, alice, bob, aliceDevice }
}

for (const direct of [false, true]) {
  test(`[RP210] who types is seen while it lasts, over ${direct ? 'peers' : 'the relay'}, and nothing of it is kept`, async () => {
    const { scene, alice, bob, channel } = await openPair(direct)
    const rows = async (): Promise<number> => (await alice.store.heads((await alice.store.topics())[0] ?? ('' as never))).length
    const before = await rows()
    const names = (): readonly string[] => alice.view(channel).typing.map(({ name }) => name)
    bob.replica.setTyping(channel, true)
    await scene.until('Alice sees it', () => names().length === 1)
    expect(names()).toEqual(['Bob'])
    // Said again, it lasts; left alone, it ends.
    for (let passed = 0; passed < 2 * typingForMs; passed += typingAgainMs) {
      await scene.pass(typingAgainMs)
      bob.replica.setTyping(channel, true)
      await scene.pass(200)
      expect(names()).toEqual(['Bob'])
    }
    await scene.pass(typingForMs + 200)
    expect(names()).toEqual([])
    bob.replica.setTyping(channel, true)
    await scene.until('Alice sees it again', () => names().length === 1)
    bob.replica.setTyping(channel, false)
    await scene.until('it has ended', () => names().length === 0)
    expect(await rows()).toBe(before)
  })
}

test('[RP211] a tab without the network hears who types, and tells that one types there', async () => {
  const { scene, alice, bob, channel, aliceDevice } = await openPair(false)
  const second = await aliceDevice.open()
  await scene.until('the second tab has read', () => second.replica.workspace.read()?.members.length === 2)
  bob.replica.setTyping(channel, true)
  await scene.until('both tabs see Bob', () => [alice, second].every((tab) => tab.view(channel).typing.length === 1))
  second.replica.setTyping(channel, true)
  await scene.until('Bob sees Alice', () => bob.view(channel).typing.some(({ name }) => name === 'Alice'))
  expect(second.view(channel).typing.map(({ name }) => name)).toEqual(['Bob'])
})

test('[RP212] who was heard of lately is here, and who said goodbye or fell silent is not', async () => {
  const { scene, alice, bob } = await openPair(false)
  await scene.until('each sees the other', () => alice.member('Bob').isHere && bob.member('Alice').isHere)
  expect(alice.member('Alice').isHere).toBe(false)
  bob.offline()
  await scene.until('Bob has gone', () => !alice.member('Bob').isHere)
  bob.online()
  await scene.until('Bob is back', () => alice.member('Bob').isHere)
  bob.kill()
  await scene.pass(2.5 * beaconPeriodOf(1) + 1000)
  expect(alice.member('Bob').isHere).toBe(false)
})

test('[RP213] a name is changed by its owner, without a network too, and reaches the others', async () => {
  const { scene, alice, bob } = await openPair(false)
  await finished(scene, bob.replica.setDisplayName(' Robert '))
  await scene.until('Alice sees it', () => alice.workspace().members.some(({ name }) => name === 'Robert'))
  await expect(finished(scene, bob.replica.setDisplayName('  '))).rejects.toThrow(expect.objectContaining({ code: 'empty' }))
})

test('[RP212] among many, whose beacons come more rarely, one stays here from one to the next', () => {
  const clock = makeManualClock()
  const others = 400
  const signs = makeSigns({
    clock,
    sync: { ephemeral: async () => Promise.resolve() },
    tabs: null,
    isLeading: () => true,
    periodMs: () => beaconPeriodOf(others),
    onChange: () => undefined,
  })
  const [user, device] = ['aa'.repeat(32) as UserId, 'bb'.repeat(32) as DeviceId]
  for (let beacon = 0; beacon < 3; beacon++) {
    signs.hear({ user, device, isLeaving: false })
    // Each has two seconds, and chance adds a fifth.
    clock.advance(others * 2000 * 1.2)
    expect(signs.isHere(user)).toBe(true)
  }
  clock.advance(others * 2000 * 1.4)
  expect(signs.isHere(user)).toBe(false)
})
