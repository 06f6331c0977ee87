import { toHex } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { envelopeKinds, headerSizeBytes } from '@poruch/sync/wire'
import { describe, expect, test } from 'vitest'
import type { ConversationId } from './api.ts'
import { connected, finished, joinAs, openTeam, say } from './testing/scene.ts'
import type { Scene, Tab } from './testing/scene.ts'

const topicOf = (channel: ConversationId): TopicId => (channel.kind === 'channel' ? `${channel.prefix}00000000` : '') as TopicId
const weekMs = 7 * 24 * 60 * 60_000

/** More than a tail may hold, in one envelope each. */
const longTexts = Array.from({ length: 32 }, (_, index) => `${index} ${'wind and rain '.repeat(700)}`)

async function openTalk() {
  const team = await openTeam(['Alice', 'Bob', 'Carol'])
  const { scene, tabs, channel } = team
  const [alice, bob, carol] = tabs
  if (!alice || !bob || !carol) throw new Error('no team')
  for (const text of longTexts) await say(scene, alice, channel, [text])
  await scene.until('all have read', () => [bob, carol].every((tab) => tab.texts(channel).length === longTexts.length))
  return { ...team, alice, bob, carol, topic: topicOf(channel) }
}

async function untilTrue(scene: Scene, check: () => Promise<boolean>): Promise<void> {
  for (let passed = 0; passed < 200; passed++) {
    if (await check()) return
    await scene.pass(1000)
  }
  throw new Error('not within 200 s')
}

describe('a long chat', () => {
  test(
    '[RP170] is packed by one device, confirmed by others, trimmed after a week; who joins then reads all of it',
    { timeout: 120_000 },
    async () => {
      const { scene, alice, carol, devices, channel, topic } = await openTalk()
      const { log } = scene.relay
      await untilTrue(scene, async () => (await log.readCompacts(topic, 4, 0, 9)).length > 0)
      await scene.pass(90_000)
      expect(await log.readCompacts(topic, 4, 0, 9)).toHaveLength(1)
      expect((await log.read(topic, 0, 99)).length).toBe(longTexts.length)
      // Before others had time to object nobody lets go of anything.
      const [first] = await devices[0]!.disk.open().heads(topic)
      expect(await devices[0]!.disk.open().read(topic, first!.device, 1, 99)).toHaveLength(longTexts.length)
      scene.clock.advance(weekMs)
      await say(scene, carol, channel, ['a week later'])
      await untilTrue(scene, async () => (await log.read(topic, 0, 99)).length < 5)
      await say(scene, alice, channel, ['and on'])
      const everything = [...longTexts, 'a week later', 'and on']
      // Those who have it all let go of it, too, and read it out of the pack.
      await scene.pass(90_000)
      const [aliceDevice] = devices
      const disk = aliceDevice?.disk.open()
      const rows = await Promise.all(((await disk?.heads(topic)) ?? []).map(async ({ device }) => disk?.read(topic, device, 1, 99)))
      expect(rows.flat().length).toBeLessThan(5)
      await alice.close()
      const again = await aliceDevice?.open()
      if (!again) throw new Error('not opened')
      await scene.until('the chat is read out of the pack', () => again.texts(channel).length === everything.length)
      expect(again.texts(channel)).toEqual(everything)
      again.online()
      const dave = await scene.device('Dave').open()
      dave.online()
      await joinAs(scene, again, dave, 'Dave')
      await scene.until('the newcomer has read all', () => dave.texts(channel).length === everything.length)
      expect(dave.texts(channel)).toEqual(everything)
      await say(scene, dave, channel, ['hello'])
      await scene.until('the newcomer is read', () => carol.texts(channel).at(-1) === 'hello')
    },
  )

  test(
    '[RP171] brought back by two who have let go of what is packed, is the same at the relay, and goes on',
    { timeout: 120_000 },
    async () => {
      const { scene, alice, bob, carol, channel, topic } = await openTalk()
      await untilTrue(scene, async () => (await scene.relay.log.readCompacts(topic, 4, 0, 9)).length > 0)
      await scene.pass(90_000)
      scene.clock.advance(weekMs)
      await say(scene, bob, channel, ['a week later'])
      await scene.pass(90_000)
      const lost = await storedIn(scene, topic)
      expect(lost.rows.length).toBeLessThan(5)
      carol.offline()
      scene.relay.wipe()
      await scene.relay.start()
      await connected(scene, alice, bob)
      await scene.pass(60_000)
      expect(await storedIn(scene, topic)).toEqual(lost)
      await say(scene, alice, channel, ['and on'])
      carol.online()
      await scene.until('who was away reads on', () => carol.texts(channel).at(-1) === 'and on')
      await scene.pass(122_000)
      const dave = await scene.device('Dave').open()
      dave.online()
      await joinAs(scene, alice, dave, 'Dave')
      await scene.until('the newcomer has read all', () => dave.texts(channel).length === longTexts.length + 2)
      await say(scene, dave, channel, ['hello'])
      await scene.until('the newcomer is read', () => carol.texts(channel).at(-1) === 'hello')
    },
  )

  test(
    '[RP172] of two is packed in turns; the second pack confirms the first, which stands also at a relay that lost all',
    { timeout: 120_000 },
    async () => {
      const { scene, tabs, devices, channel } = await openTeam(['Alice', 'Bob'])
      const [alice, bob] = tabs
      if (!alice || !bob) throw new Error('no team')
      const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
      const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
      const { log } = scene.relay
      await say(scene, alice, withBob, longTexts)
      const held = (await devices[0]?.disk.open().topics()) ?? []
      const counts = await Promise.all(held.map(async (each) => [each, (await log.read(each, 0, 99)).length] as const))
      const topic = counts.find(([each, count]) => each !== topicOf(channel) && count === longTexts.length)?.[0]
      if (!topic) throw new Error('no topic')
      await untilTrue(scene, async () => (await log.readCompacts(topic, 4, 0, 9)).length === 1)
      await scene.pass(90_000)
      // A pack is no word on itself.
      scene.clock.advance(weekMs)
      await scene.pass(90_000)
      expect((await log.read(topic, 0, 99)).length).toBe(longTexts.length)
      await say(scene, bob, withAlice, longTexts.slice(1))
      await untilTrue(scene, async () => (await log.readCompacts(topic, 4, 0, 9)).length === 2)
      const authors = (await log.readCompacts(topic, 4, 0, 9)).map(({ device }) => device)
      expect(new Set(authors).size).toBe(2)
      await untilTrue(scene, async () => (await log.read(topic, 0, 99)).length < longTexts.length + 2)
      await scene.pass(90_000)
      const lost = await storedIn(scene, topic)
      scene.relay.wipe()
      await scene.relay.start()
      await connected(scene, alice, bob)
      await scene.pass(60_000)
      expect(await storedIn(scene, topic)).toEqual(lost)
      await say(scene, alice, withBob, ['and on'])
      await scene.until('it is read', () => bob.texts(withAlice).at(-1) === 'and on')
      expect(bob.texts(withAlice)).toHaveLength(2 * longTexts.length)
    },
  )
})

test(
  '[RP175] what is erased of a packed chat is packed anew without it, at the relay and on all devices; who was away lets go of it, too',
  { timeout: 120_000 },
  async () => {
    const { scene, alice, bob, carol, devices, channel, topic } = await openTalk()
    await untilTrue(scene, async () => (await scene.relay.log.readCompacts(topic, 4, 0, 9)).length > 0)
    await scene.pass(90_000)
    scene.clock.advance(weekMs)
    await say(scene, carol, channel, ['a week later'])
    await untilTrue(scene, async () => (await scene.relay.log.read(topic, 0, 99)).length < 5)
    await scene.pass(90_000)
    const [first] = await scene.relay.log.readCompacts(topic, 4, 0, 9)
    if (!first) throw new Error('no pack')
    carol.offline()
    const message = alice.view(channel).messages.find(({ text }) => text === longTexts[3])
    if (!message) throw new Error('no message')
    await finished(scene, alice.replica.erase(channel, message.id))
    const left = [...longTexts.filter((_, index) => index !== 3), 'a week later']
    const isGoneAt = async (who: number): Promise<boolean> => {
      const packs = (await devices[who]?.disk.open().packs(topic)) ?? []
      return packs.length === 2 && packs.some(({ id, bytes }) => id === first.id && bytes.length < 200)
    }
    await scene.pass(120_000)
    expect(bob.texts(channel)).toEqual(left)
    // Two others have to have compared the new one with it.
    expect(await isGoneAt(0)).toBe(false)
    carol.online()
    await untilTrue(scene, async () => (await Promise.all([0, 1, 2].map(isGoneAt))).every(Boolean))
    const kept = await scene.relay.log.readCompacts(topic, 4, 0, 9)
    expect(kept.map(({ id, bytes }) => [id === first.id, bytes.length < 200])).toEqual([
      [true, true],
      [false, false],
    ])
    for (const tab of [alice, bob, carol]) expect(tab.texts(channel)).toEqual(left)
    const dave = await scene.device('Dave').open()
    dave.online()
    await joinAs(scene, alice, dave, 'Dave')
    await scene.until('the newcomer has read all', () => dave.texts(channel).length === left.length)
    expect(dave.texts(channel)).toEqual(left)
    // A relay that has lost all is given the same again.
    const lost = await storedIn(scene, topic)
    scene.relay.wipe()
    await scene.relay.start()
    await connected(scene, alice, bob)
    await scene.pass(90_000)
    expect((await storedIn(scene, topic)).packs).toEqual(lost.packs)
    await say(scene, alice, channel, ['and on'])
    await scene.until('it is read', () => dave.texts(channel).at(-1) === 'and on')
  },
)

test('[RP175] in a 1:1 the other one of the two packs it anew once more: then the old one goes', { timeout: 120_000 }, async () => {
  const { scene, tabs, devices } = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = tabs
  if (!alice || !bob) throw new Error('no team')
  const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
  const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
  await say(scene, alice, withBob, longTexts)
  const held = (await devices[0]?.disk.open().topics()) ?? []
  const { log } = scene.relay
  const packsOf = async (): Promise<number[]> => {
    const packs = await Promise.all(held.map(async (each) => log.readCompacts(each, 4, 0, 9)))
    return packs.flat().map(({ bytes }) => bytes.length)
  }
  await untilTrue(scene, async () => (await packsOf()).length === 1)
  await scene.pass(90_000)
  const message = alice.view(withBob).messages.find(({ text }) => text === longTexts[3])
  if (!message) throw new Error('no message')
  await finished(scene, alice.replica.erase(withBob, message.id))
  await untilTrue(scene, async () => (await packsOf()).some((sizeBytes) => sizeBytes < 200))
  expect((await packsOf()).filter((sizeBytes) => sizeBytes > 200)).toHaveLength(2)
  await scene.pass(180_000)
  expect(await packsOf()).toHaveLength(3)
  expect(bob.texts(withAlice)).not.toContain(longTexts[3])
  for (const device of devices) {
    const packs = (await Promise.all(held.map(async (each) => device.disk.open().packs(each)))).flat()
    expect(packs.filter(({ bytes }) => bytes.length < 200)).toHaveLength(1)
  }
})

test(
  '[RP174] a member whose client packs what nobody wrote is named to all others, who keep what they have',
  { timeout: 120_000 },
  async () => {
    const { scene, alice, bob, carol, devices, channel, topic } = await openTalk()
    const [, bobsDevice] = devices
    if (!bobsDevice) throw new Error('no device')
    const { user } = alice.member('Bob')
    await bob.close()
    // Its packs say something else than its member holds; all else is as it should be.
    bobsDevice.bend = (suite) => ({
      ...suite,
      seal: async (key, nonce, aad, plain) => {
        const isPack = aad.at(2 - headerSizeBytes) === envelopeKinds.pack
        return suite.seal(key, nonce, aad, isPack ? plain.with(plain.length >> 1, 1 ^ (plain[plain.length >> 1] ?? 0)) : plain)
      },
    })
    for (const tab of [alice, carol]) tab.offline()
    const bent = await bobsDevice.open()
    bent.online()
    await connected(scene, bent)
    await untilTrue(scene, async () => (await scene.relay.log.readCompacts(topic, 4, 0, 9)).length > 0)
    for (const tab of [alice, carol]) tab.online()
    const named = (tab: Tab) => tab.replica.alarms.read().filter(({ code }) => code === 'false-pack')
    await scene.until('both name Bob', () =>
      [alice, carol].every((tab) => named(tab).some((alarm) => alarm.user === user && alarm.topic === topic)),
    )
    expect([alice, carol].map((tab) => tab.texts(channel))).toEqual([longTexts, longTexts])
  },
)

/** Packs, and envelopes in order of their bytes: an order of arrival is each relay's own. */
async function storedIn({ relay }: Scene, topic: TopicId) {
  const packs = (await relay.log.readCompacts(topic, 4, 0, 9)).map(({ id, prev }) => [id, prev])
  return { packs, rows: (await relay.log.read(topic, 0, 99)).map(({ bytes }) => toHex(bytes)).toSorted() }
}
