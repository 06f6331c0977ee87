import { toHex } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import { describe, expect, test, vi } from 'vitest'
import { origin } from './testing/relay-house.ts'
import { connected, finished, invite, openTeam, say } from './testing/scene.ts'
import type { Device } from './testing/scene.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000 })

async function openPair(names: readonly string[] = ['Alice', 'Bob']) {
  const team = await openTeam(names)
  const { scene, channel } = team
  const [alice, bob] = team.tabs
  if (!alice || !bob) throw new Error('no team')
  const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
  const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
  await say(scene, alice, channel, ['one', 'two'])
  await say(scene, bob, channel, ['three'])
  await say(scene, alice, withBob, ['alone'])
  await say(scene, bob, withAlice, ['alone, too'])
  await scene.until('everything is at the relay', () =>
    team.tabs.every((tab) => tab.replica.connection.read().unsent === 0 && tab.texts(channel).length === 3),
  )
  await scene.until('both read alone', () => alice.texts(withBob).length === 2 && bob.texts(withAlice).length === 2)
  return { ...team, alice, bob, withBob, withAlice }
}

/** The log, and the envelopes of each topic in order of their bytes: an order of arrival is each relay's own. */
async function storedIn(log: RelayLog, scope: string, topics: readonly TopicId[]) {
  const entries = (await log.readScope(scope, 0, 10_000)).map(({ record }) => toHex(record))
  const envelopes = await Promise.all(
    topics.map(async (topic) => (await log.read(topic, 0, 10_000)).map(({ bytes }) => toHex(bytes)).toSorted()),
  )
  return { entries, envelopes }
}

async function topicsOf(devices: readonly Device[]): Promise<TopicId[]> {
  const all = await Promise.all(devices.map(async (device) => device.disk.open().topics()))
  return [...new Set(all.flat())].toSorted()
}

describe('a relay that lost its database', () => {
  test('[RP150] gets log, envelopes and keys back from two clients, to the same bytes', async () => {
    const { scene, alice, bob, devices, words, tabs } = await openPair(['Alice', 'Bob', 'Carol'])
    const { scope } = alice.workspace()
    const [, , carol] = tabs
    // Neither of the two holds all: each has a private chat with Carol, who is away.
    for (const tab of [alice, bob]) await say(scene, tab, { kind: 'direct', user: tab.member('Carol').user }, ['psst'])
    await scene.until('all of it has arrived', () => [alice, bob].every((tab) => tab.replica.connection.read().unsent === 0))
    carol?.offline()
    const topics = await topicsOf(devices)
    const lost = await storedIn(scene.relay.log, scope, topics)
    expect(lost.envelopes.flat().length).toBeGreaterThan(7)
    scene.relay.wipe()
    await scene.relay.start()
    await connected(scene, alice, bob)
    await scene.pass(60_000)
    expect(await storedIn(scene.relay.log, scope, topics)).toEqual(lost)
    // The keys lie there again: the words alone bring everything back.
    const blank = await scene.device('Bob anew').open()
    blank.online()
    await scene.pass(120_000)
    await finished(scene, blank.replica.recover({ words: words[1] ?? '', origin, revoke: [] }))
    await scene.until(
      'he reads',
      () =>
        blank.replica.workspace.read() !== null &&
        blank.texts({ kind: 'direct', user: alice.workspace().members.find(({ isMe }) => isMe)?.user as never }).length === 2,
    )
  })

  test('[RP151] orders nothing until those who may hold more of the log have come', async () => {
    const { scene, alice, bob } = await openPair()
    scene.relay.wipe()
    await scene.relay.start()
    bob.offline()
    await connected(scene, alice)
    await expect(finished(scene, alice.replica.createChannel('early'))).rejects.toMatchObject({
      code: 'refused',
      reason: 'relay-recovering',
    })
    await scene.pass(121_000)
    await invite(scene, alice)
  })

  test('[RP152] an older copy is brought up to date; who was removed in what it lacks does not come back', async () => {
    const { scene, alice, bob, devices } = await openPair(['Alice', 'Bob', 'Carol'])
    const { scope } = alice.workspace()
    const old = (await scene.relay.log.readScope(scope, 0, 1000)).length
    await finished(scene, alice.replica.removeMember(alice.member('Carol').user))
    const topics = await topicsOf(devices)
    const lost = await storedIn(scene.relay.log, scope, topics)
    const copied = (await scene.relay.log.readScope(scope, 0, 1000)).slice(0, old)
    scene.relay.wipe()
    await scene.relay.log.appendScope(copied)
    await scene.relay.start()
    await connected(scene, alice, bob)
    await scene.pass(60_000)
    const found = await storedIn(scene.relay.log, scope, topics)
    expect(found.entries).toEqual(lost.entries)
    expect(alice.workspace().members.map(({ name }) => name)).not.toContain('Carol')
  })
})
