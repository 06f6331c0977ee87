/** When a device gives its word on a pack, and when a pack stands for what it holds: the scenes of compaction.test.ts show the whole way. */
import type { TopicId } from '@poruch/base'
import { expect, test } from 'vitest'
import type { ConversationId } from './api.ts'
import { makeCompaction } from './compaction.ts'
import type { MemberDevice } from './member-device.ts'
import { hearSilently, openLone } from './testing/lone-device.ts'
import { openTeam, say } from './testing/scene.ts'
import type { Device, Scene, Tab } from './testing/scene.ts'

const topicOf = (channel: ConversationId): TopicId => (channel.kind === 'channel' ? `${channel.prefix}00000000` : '') as TopicId
const weekMs = 7 * 24 * 60 * 60_000

/** A pack of what no pack holds yet, kept by its maker. */
async function packOf({ sync }: MemberDevice, topic: TopicId) {
  const pack = await sync.packTail(topic)
  if (!pack) throw new Error('nothing to pack')
  expect(await sync.takePack(topic, pack)).toMatchObject({ kind: 'kept' })
  return pack
}

/** Lets the device look at its chats as it does once a minute; what it proposed. */
async function look(scene: Scene, device: MemberDevice): Promise<readonly string[]> {
  const sent = hearSilently(device)
  const compaction = makeCompaction(device, { offerPack: async () => Promise.resolve('offline'), wantPacks: () => {} })
  compaction.look()
  await scene.pass(90_000)
  compaction.close()
  device.proposals.close()
  return sent.map(({ type }) => type)
}

test('[RP170] no word is given on a pack of which this device does not hold every envelope by itself', async () => {
  const { scene, devices, tabs, channel } = await openTeam(['Alice', 'Bob', 'Carol'])
  const [alice, bob, carol] = tabs as [Tab, Tab, Tab]
  const [aliceDevice, bobDevice, carolDevice] = devices as [Device, Device, Device]
  await carol.close()
  await say(scene, alice, channel, ['one', 'two', 'three'])
  await scene.until('Bob has them', () => bob.texts(channel).length === 3)
  await Promise.all([alice.close(), bob.close()])
  const topic = topicOf(channel)
  const pack = await packOf(await openLone(scene, aliceDevice), topic)
  const [holding, told] = [await openLone(scene, bobDevice), await openLone(scene, carolDevice)]
  for (const device of [holding, told]) expect(await device.sync.takePack(topic, pack)).toMatchObject({ kind: 'kept' })
  expect(await look(scene, holding)).toContain('PROPOSE')
  expect(await look(scene, told)).toEqual([])
})

test('[RP172] in a 1:1 a pack stands for nothing by another one of the same author', async () => {
  const { scene, devices, tabs } = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = tabs as [Tab, Tab]
  const [aliceDevice, bobDevice] = devices as [Device, Device]
  const withBob = { kind: 'direct', user: alice.member('Bob').user } as const
  const withAlice = { kind: 'direct', user: bob.member('Alice').user } as const
  await say(scene, alice, withBob, ['one', 'two', 'three'])
  await scene.until('Bob has them', () => bob.texts(withAlice).length === 3)
  await alice.close()
  const first = await openLone(scene, aliceDevice)
  const topic = first.directTopic(withBob.user)
  const packs = [await packOf(first, topic)]
  const again = await aliceDevice.open()
  again.online()
  await say(scene, again, withBob, ['four', 'five'])
  await scene.until('Bob has all', () => bob.texts(withAlice).length === 5)
  await Promise.all([again.close(), bob.close()])
  packs.push(await packOf(await openLone(scene, aliceDevice), topic))
  const device = await openLone(scene, bobDevice)
  for (const pack of packs) expect(await device.sync.takePack(topic, pack)).toMatchObject({ kind: 'kept' })
  const seqs = async () => (await device.ports.store.read(topic, first.account.device, 1, 9)).map(({ seq }) => seq)
  scene.clock.advance(weekMs)
  await look(scene, device)
  expect(await seqs()).toEqual([1, 2, 3, 4, 5])
})
