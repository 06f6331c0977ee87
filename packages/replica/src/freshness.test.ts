/** Whether what a device knows is all there is: what others confirm by beacons, and what is told when they do not. */
import type { Frame } from '@poruch/sync/wire'
import { describe, expect, test } from 'vitest'
import type { Alarm } from './api.ts'
import { origin } from './testing/relay-house.ts'
import { connected, finished, openTeam, say } from './testing/scene.ts'
import type { Device, Tab, Team } from './testing/scene.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

function codesOf(tab: Tab): Alarm['code'][] {
  return tab.replica.alarms.read().map(({ code }) => code)
}

function staleSince(tab: Tab): number | null {
  return tab.replica.connection.read().staleSinceMs
}

/** In steps, so that what timers send arrives before the next ones. */
async function pass({ scene }: Team, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += minuteMs / 2) {
    scene.clock.advance(minuteMs / 2)
    await scene.pass(200)
  }
}

async function openPair(options: Parameters<typeof openTeam>[1] = {}): Promise<Team & { alice: Tab; bob: Tab; bobDevice: Device }> {
  const team = await openTeam(['Alice', 'Bob'], options)
  const [alice, bob] = team.tabs as [Tab, Tab]
  const [, bobDevice] = team.devices as [Device, Device]
  await pass(team, 2 * minuteMs)
  return { ...team, alice, bob, bobDevice }
}

/** A relay that shows a device nothing new. */
const silence = (way: 'up' | 'down' | 'bulk', frame: Frame): boolean | 'lost' =>
  way !== 'up' && ['ENTRY', 'HEAD', 'ORDERED', 'LOGAT', 'KEY', 'EPH'].includes(frame.type) ? 'lost' : true

describe('freshness', () => {
  test('[RP180] while members’ devices hear one another through the relay, nobody is warned, and what they know is confirmed', async () => {
    const team = await openPair()
    const { scene, alice, bob, channel } = team
    await pass(team, hourMs)
    await say(scene, alice, channel, ['still here'])
    await pass(team, 5 * minuteMs)
    expect([...codesOf(alice), ...codesOf(bob)]).toEqual([])
    expect([staleSince(alice), staleSince(bob)]).toEqual([null, null])
  })

  test('[RP181] `not-fresh`: a member whom the relay freezes is told so after five minutes, since when, and that it is over', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice, channel } = team
    const frozenMs = scene.clock.now()
    bobDevice.wire = silence
    await say(scene, alice, channel, ['unseen'])
    await pass(team, 3 * minuteMs)
    expect(codesOf(bob)).toEqual([])
    await pass(team, 5 * minuteMs)
    expect(codesOf(bob)).toEqual(['not-fresh'])
    const [alarm] = bob.replica.alarms.read()
    expect(alarm?.sinceMs).toBeGreaterThan(frozenMs - 3 * minuteMs)
    expect(alarm?.sinceMs).toBeLessThanOrEqual(frozenMs)
    expect(staleSince(bob)).toBe(alarm?.sinceMs)
    bobDevice.wire = () => true
    bob.offline()
    bob.online()
    await connected(scene, bob)
    await pass(team, 2 * minuteMs)
    expect(codesOf(bob)).toEqual([])
    expect(staleSince(bob)).toBeNull()
  })

  test('[RP181] a relay that breaks the session off over and over does not keep the warning away', async () => {
    const team = await openPair()
    const { bob, bobDevice } = team
    for (let count = 0; count < 8 && codesOf(bob).length === 0; count++) {
      let isCut = false
      bobDevice.wire = (way, frame) => (isCut ? silence(way, frame) : ((isCut = true), false))
      await pass(team, 2 * minuteMs)
    }
    expect(codesOf(bob)).toEqual(['not-fresh'])
  })

  test('[RP181] beacons of others that name none of one’s own, or only old ones, confirm nothing', async () => {
    const deaf = await openPair()
    deaf.bobDevice.wire = (way, frame) => (way === 'up' && frame.type === 'EPH' ? 'lost' : true)
    await pass(deaf, 8 * minuteMs)
    expect(codesOf(deaf.bob)).toEqual(['not-fresh'])
    const late = await openPair()
    late.bobDevice.wire = (way, frame, answer) => {
      if (way !== 'down' || frame.type !== 'EPH') return true
      late.scene.clock.after(8 * minuteMs, () => answer(frame))
      return 'lost'
    }
    await pass(late, 20 * minuteMs)
    expect(codesOf(late.bob)).toEqual(['not-fresh'])
    expect(staleSince(late.bob)).not.toBeNull()
  })

  test('[RP181] one’s own second device confirms nothing: the relay shows both the same', async () => {
    const team = await openPair()
    const { scene, bob, words } = team
    const [aliceDevice] = team.devices as [Device]
    const second = await scene.device('Bob’s second').open()
    second.online()
    await finished(scene, second.replica.recover({ words: words[1] ?? '', origin, revoke: [] }))
    await connected(scene, second)
    await pass(team, 3 * minuteMs)
    // She is gone without a goodbye.
    aliceDevice.wire = () => false
    await pass(team, 8 * minuteMs)
    expect([codesOf(bob), codesOf(second)]).toEqual([['not-fresh'], ['not-fresh']])
  })

  test('[RP181] who knows more than is here does not confirm that all is here', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice, channel } = team
    bobDevice.wire = (way, frame) => (way !== 'up' && (frame.type === 'ENTRY' || frame.type === 'HEAD') ? 'lost' : true)
    await say(scene, alice, channel, ['not for Bob'])
    await pass(team, 8 * minuteMs)
    expect(codesOf(bob).toSorted()).toEqual(['not-fresh', 'withheld'])
    expect(staleSince(bob)).not.toBeNull()
  })

  test('[RP182] with a direct link the relay is not the only path: nobody is warned', async () => {
    const team = await openPair({ direct: true })
    const { bob, bobDevice } = team
    bobDevice.wire = silence
    await pass(team, 20 * minuteMs)
    expect(codesOf(bob)).toEqual([])
    expect(staleSince(bob)).toBeNull()
  })

  test('[RP183] nobody is warned who is offline, or alone in the workspace, or whose colleagues have gone home', async () => {
    const solo = await openTeam(['Alice'])
    await pass(solo, hourMs)
    expect(codesOf(solo.tabs[0] as Tab)).toEqual([])
    expect(staleSince(solo.tabs[0] as Tab)).toBeNull()
    const team = await openPair()
    const { alice, bob } = team
    alice.offline()
    bob.offline()
    await pass(team, 12 * hourMs)
    expect([...codesOf(alice), ...codesOf(bob)]).toEqual([])
    bob.online()
    await connected(team.scene, bob)
    await pass(team, hourMs)
    expect(codesOf(bob)).toEqual([])
  })

  test('[RP183] time without the relay does not count, though nobody has said goodbye', async () => {
    const team = await openPair()
    const { scene, alice, bob } = team
    scene.relay.stop()
    await pass(team, 20 * minuteMs)
    expect([...codesOf(alice), ...codesOf(bob)]).toEqual([])
  })

  test('[RP183] a working day by the word of the relay alone is told, over restarts', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice } = team
    alice.offline()
    await pass(team, 5 * hourMs)
    expect(codesOf(bob)).toEqual([])
    await bob.close()
    const again = await bobDevice.open()
    again.online()
    await connected(scene, again)
    await pass(team, 2 * hourMs)
    expect(codesOf(again)).toEqual([])
    await pass(team, 2 * hourMs)
    expect(codesOf(again)).toEqual(['not-fresh'])
  })

  test('[RP184] an old goodbye, kept back by the relay, is not taken for one of now', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice } = team
    const held: Frame[] = []
    let isHeld = true
    let release = (): void => {}
    bobDevice.wire = (way, frame, answer) => {
      release = () => held.splice(0).forEach(answer)
      if (way !== 'down' || frame.type !== 'EPH' || !isHeld) return true
      held.push(frame)
      return 'lost'
    }
    alice.offline()
    await scene.pass(1000)
    expect(held).toHaveLength(1)
    isHeld = false
    alice.online()
    await connected(scene, alice)
    await pass(team, 3 * minuteMs)
    await say(scene, bob, team.channel, ['so that the relay has something to say'])
    release()
    bobDevice.wire = silence
    await pass(team, 8 * minuteMs)
    expect(codesOf(bob)).toEqual(['not-fresh'])
  })

  test('[RP185] `views-differ`: what another member knows of the log, and the relay keeps back here, is told after two minutes', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice } = team
    bobDevice.wire = (way, frame) => (way === 'down' && frame.type === 'ORDERED' ? 'lost' : true)
    await finished(scene, alice.replica.createChannel('Kept from Bob'))
    await pass(team, minuteMs)
    expect(codesOf(bob)).toEqual([])
    await pass(team, 4 * minuteMs)
    expect(codesOf(bob)).toContain('views-differ')
    expect(bob.replica.alarms.read().find(({ code }) => code === 'views-differ')).toMatchObject({ user: alice.member('Alice').user })
    expect(codesOf(alice)).toEqual([])
    bobDevice.wire = () => true
    bob.offline()
    bob.online()
    await connected(scene, bob)
    await pass(team, 2 * minuteMs)
    expect(codesOf(bob)).toEqual([])
  })

  test('[RP185] `views-differ`: two members to whom the relay has shown different logs find out by beacons', async () => {
    const team = await openPair()
    const { scene, alice, bob, bobDevice } = team
    const split = await scene.relay.split()
    await bob.close()
    bobDevice.relay = split
    const fooled = await bobDevice.open()
    fooled.online()
    await connected(scene, fooled)
    // The relay carries the beacons of one to the other, from one of its worlds to the other.
    await finished(scene, alice.replica.createChannel('Ours'))
    await finished(scene, fooled.replica.createChannel('Theirs'))
    let give: ((frame: Frame) => void) | null = null
    bobDevice.wire = (_, __, answer) => {
      give = answer
      return true
    }
    team.devices[0]!.wire = (way, frame) => {
      if (way === 'up' && frame.type === 'EPH') give?.(frame)
      return true
    }
    await pass(team, 5 * minuteMs)
    expect(codesOf(fooled)).toContain('views-differ')
  })

  test('[RP186] `withheld`: the end of a chain that the relay shows others and not here is told, and that it has come', async () => {
    const team = await openTeam(['Alice', 'Bob', 'Carol'])
    const { scene, channel } = team
    const [alice, bob, carol] = team.tabs as [Tab, Tab, Tab]
    const [, bobDevice] = team.devices as [Device, Device]
    bobDevice.wire = (way, frame) => (way !== 'up' && (frame.type === 'ENTRY' || frame.type === 'HEAD') ? 'lost' : true)
    await say(scene, alice, channel, ['not for Bob'])
    await scene.until('Carol has it', () => carol.texts(channel).length === 1)
    alice.offline()
    await pass(team, 5 * minuteMs)
    expect(codesOf(bob)).toContain('withheld')
    expect([...codesOf(alice), ...codesOf(carol)]).toEqual([])
    bobDevice.wire = () => true
    bob.offline()
    bob.online()
    await scene.until('Bob has it', () => bob.texts(channel).length === 1)
    await pass(team, 2 * minuteMs)
    expect(codesOf(bob)).toEqual([])
  })

  test('[RP187] what is written may be read by people removed since two others were heard; by one, where there is one', async () => {
    const team = await openTeam(['Alice', 'Bob', 'Carol'])
    const [alice, bob, carol] = team.tabs as [Tab, Tab, Tab]
    await pass(team, 2 * minuteMs)
    expect([alice, bob, carol].map(staleSince)).toEqual([null, null, null])
    const goneMs = team.scene.clock.now()
    carol.offline()
    await pass(team, 8 * minuteMs)
    expect(staleSince(bob)).toBeGreaterThan(goneMs - 3 * minuteMs)
    expect(staleSince(bob)).toBeLessThanOrEqual(goneMs)
    expect(codesOf(bob)).toEqual([])
    const other = await team.devices[1]!.open()
    expect(staleSince(other)).toBe(staleSince(bob))
    await finished(team.scene, alice.replica.removeMember(alice.member('Carol').user))
    await pass(team, 2 * minuteMs)
    expect(staleSince(bob)).toBeNull()
  })

  test('[RP187] the word of who was removed is none', async () => {
    const team = await openTeam(['Alice', 'Bob', 'Carol', 'Dave'])
    const [alice, bob, carol] = team.tabs as [Tab, Tab, Tab]
    await pass(team, 2 * minuteMs)
    const goneMs = team.scene.clock.now()
    carol.offline()
    await pass(team, 8 * minuteMs)
    expect(staleSince(bob)).toBeNull()
    await finished(team.scene, alice.replica.removeMember(alice.member('Dave').user))
    await team.scene.until('Bob knows', () => bob.workspace().members.length === 3)
    expect(staleSince(bob)).toBeGreaterThan(goneMs - 3 * minuteMs)
    expect(staleSince(bob)).toBeLessThanOrEqual(goneMs)
  })
})
