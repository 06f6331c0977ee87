import { makeScopeFold } from '@poruch/identity/fold'
import { describe, expect, test, vi } from 'vitest'
import { loadAccount } from './account.ts'
import { origin } from './testing/relay-house.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Device, Scene, Tab } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

/** Bob has two devices, an old one and one that he made with his words. */
async function openTwo(prepare: (devices: readonly Device[]) => void = () => undefined) {
  const team = await openTeam(['Alice', 'Bob'])
  prepare(team.devices)
  const { scene, channel, words } = team
  const [alice, old] = team.tabs
  const [, oldDevice] = team.devices
  if (!alice || !old || !oldDevice) throw new Error('no team')
  const device = scene.device('Bob’s second')
  const second = await device.open()
  second.online()
  await finished(scene, second.replica.recover({ words: words[1] ?? '', origin, revoke: [] }))
  await connected(scene, second)
  await scene.until('it can write', () => second.view(channel).readOnly === null && second.workspace().members.length === 2)
  const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
  const withAlice = { kind: 'direct', user: second.member('Alice').user } as const
  return { ...team, alice, old, second, device, oldDevice, withBob, withAlice }
}

async function foldOf(scene: Scene, tab: Tab) {
  const { scope } = tab.workspace()
  const fold = makeScopeFold({ suite: scene.suite, scope })
  await fold.apply((await scene.relay.log.readScope(scope, 0, 1000)).map(({ record }) => record))
  return fold
}

async function seedsOf(scene: Scene, device: Device): Promise<readonly number[]> {
  const account = await loadAccount({ store: device.disk.open(), suite: scene.suite })
  return [...(account?.pukSeeds.keys() ?? [])].toSorted()
}

describe('own devices', () => {
  test('[RP140] are listed in the order in which they were added; an ended one stays, as that', async () => {
    const { scene, old, second, alice } = await openTwo()
    const list = () => second.replica.devices.read().map(({ number, isThis, isLive }) => [number, isThis, isLive])
    await scene.until('both are known', () => old.replica.devices.read().length === 2)
    expect(list()).toEqual([
      [1, false, true],
      [2, true, true],
    ])
    const [first, own] = second.replica.devices.read()
    await expect(finished(scene, second.replica.revokeDevice(own?.device as never))).rejects.toMatchObject({ reason: 'own-device' })
    await finished(scene, second.replica.revokeDevice(first?.device as never))
    expect(list()[0]).toEqual([1, false, false])
    expect(alice.replica.devices.read().map(({ isThis }) => isThis)).toEqual([true])
  })

  test('[RP141] one that is ended writes and opens nothing more; what it wrote stands', async () => {
    const { scene, alice, old, second, channel, withBob, withAlice, oldDevice } = await openTwo()
    await say(scene, old, channel, ['old'])
    await say(scene, old, withAlice, ['old, alone'])
    await scene.until(
      'all read',
      () => [alice, second].every((tab) => tab.texts(channel).length === 1) && second.texts(withAlice).length === 1,
    )
    const before = (await foldOf(scene, alice)).epochs().length
    const [first] = second.replica.devices.read()
    await finished(scene, second.replica.revokeDevice(first?.device as never))
    const fold = await foldOf(scene, alice)
    expect(fold.epochs().length).toBe(before + 1)
    expect(fold.epochDue()).toBe(false)
    await say(scene, alice, channel, ['after'])
    await say(scene, second, withAlice, ['after, alone'])
    await say(scene, alice, withBob, ['after, alone, back'])
    await scene.until('both read', () => [alice, second].every((tab) => tab.texts(channel).length === 2))
    await scene.until('both read alone', () => alice.texts(withBob).length === 3 && second.texts(withAlice).length === 3)
    await expect(finished(scene, old.replica.send(channel, 'thief'))).rejects.toMatchObject({ code: 'read-only' })
    await scene.pass(2_000)
    expect([old.texts(channel), old.texts(withAlice)]).toEqual([['old'], ['old, alone']])
    // The generations after it are sealed to others.
    const newest = fold.userLog(alice.member('Bob').user)?.puk?.gen ?? 0
    expect(await seedsOf(scene, oldDevice)).not.toContain(newest)
  })

  test('[RP142] after 30 days the per-user key and the epoch are renewed; every device reads on, and so do newcomers', async () => {
    const { scene, alice, old, second, channel, oldDevice, device, withBob, withAlice } = await openTwo()
    await say(scene, old, channel, ['before'])
    await say(scene, alice, withBob, ['alone'])
    const before = await foldOf(scene, alice)
    const gens = (fold: typeof before) => alice.workspace().members.map(({ user }) => fold.userLog(user)?.puk?.gen ?? 0)
    // The ages are noted at the first look, an hour after the start.
    scene.clock.advance(2 * 60 * 60_000)
    await scene.pass(1_000)
    scene.clock.advance(30 * 24 * 60 * 60_000)
    await connected(scene, alice, old, second)
    scene.clock.advance(2 * 60 * 60_000)
    await connected(scene, alice, old, second)
    await scene.pass(10_000)
    const after = await foldOf(scene, alice)
    expect(gens(after)).toEqual(gens(before).map((gen) => gen + 1))
    expect(after.epochs().length).toBeGreaterThan(before.epochs().length)
    await say(scene, alice, channel, ['after'])
    await say(scene, second, withAlice, ['alone, after'])
    await scene.until('all read', () => [alice, old, second].every((tab) => tab.texts(channel).length === 2))
    await scene.until('all read alone', () => old.texts(withAlice).length === 2 && alice.texts(withBob).length === 2)
    const newest = after.userLog(alice.member('Bob').user)?.puk?.gen ?? 0
    expect(await seedsOf(scene, oldDevice)).toContain(newest)
    expect(await seedsOf(scene, device)).toContain(newest)
  })

  test.each([
    ['the relay', false],
    ['direct links alone', true],
  ])('[RP143] that begin a private chat unaware of each other part over nothing: through %s all read both', async (_name, direct) => {
    const { scene, alice, old, second, withBob, withAlice, devices, device } = await openTwo()
    const tabs = [alice, old, second]
    for (const tab of tabs) tab.offline()
    await scene.pass(1_000)
    await say(scene, old, withAlice, ['from the old one'])
    await say(scene, second, withAlice, ['from the second'])
    if (direct) for (const each of [...devices, device]) each.wire = () => 'lost'
    scene.air.set(direct)
    for (const tab of [old, second]) tab.online()
    await scene.until('both of Bob’s show both', () => [old, second].every((tab) => tab.texts(withAlice).length === 2))
    alice.online()
    const areSame = (count: number): boolean =>
      alice.texts(withBob).length === count && [old, second].every((tab) => tab.texts(withAlice).length === count)
    await scene.until('all read both', () => areSame(2))
    await say(scene, old, withAlice, ['more'])
    await say(scene, second, withAlice, ['and more'])
    await say(scene, alice, withBob, ['an answer'])
    await scene.until('and what follows', () => areSame(5))
    expect(alice.texts(withBob).toSorted()).toEqual(['an answer', 'and more', 'from the old one', 'from the second', 'more'])
    for (const tab of tabs) expect(tab.replica.alarms.read()).toEqual([])
  })

  test('[RP143] whose log and records come over direct links alone are read by who learns of them only now', async () => {
    const { scene, alice, old, second, withBob, withAlice } = await openTwo(([aliceDevice]) => (aliceDevice!.wire = () => 'lost'))
    await say(scene, second, withAlice, ['first words'])
    await scene.until('the old one has them', () => old.texts(withAlice).length === 1)
    expect(alice.texts(withBob)).toEqual([])
    second.offline()
    scene.air.set(true)
    await scene.until('Alice reads them', () => alice.texts(withBob).length === 1)
  })

  test('[RP143] that are linked with each other alone show at once what either begins', async () => {
    const { scene, alice, old, second, withAlice, devices, device } = await openTwo()
    for (const each of [...devices, device]) each.wire = () => 'lost'
    alice.offline()
    scene.air.set(true)
    await scene.until('they are linked', () => old.replica.connection.read().peers.length > 0)
    await say(scene, second, withAlice, ['first words'])
    await scene.until('the old one has them', () => old.texts(withAlice).length === 1)
  })

  test('[RP144] what an ended one wrote is read by who was away, and by who comes later', async () => {
    const { scene, alice, old, second, withBob, withAlice, words } = await openTwo()
    alice.offline()
    await say(scene, old, withAlice, ['first words'])
    await scene.until('the second one has them', () => second.texts(withAlice).length === 1)
    const [first] = second.replica.devices.read()
    await finished(scene, second.replica.revokeDevice(first?.device as never))
    await say(scene, second, withAlice, ['and more'])
    alice.online()
    await scene.until('Alice reads both', () => alice.texts(withBob).length === 2)
    const third = await scene.device('Bob’s third').open()
    third.online()
    await finished(scene, third.replica.recover({ words: words[1] ?? '', origin, revoke: [] }))
    await connected(scene, third)
    await scene.until('the third one reads both', () => third.texts(withAlice).length === 2)
    for (const tab of [alice, second, third]) expect(tab.replica.alarms.read()).toEqual([])
  })
})
