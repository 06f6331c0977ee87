/** What one beacon says, held against what a device has: the scenes of freshness.test.ts show what comes of it. */
import type { DeviceId, TopicId } from '@poruch/base'
import type { HeardBeacon } from '@poruch/sync'
import { expect, test } from 'vitest'
import type { ConversationId } from './api.ts'
import { makeBeaconView } from './beacon-view.ts'
import type { BeaconView } from './beacon-view.ts'
import type { MemberDevice } from './member-device.ts'
import { openLone } from './testing/lone-device.ts'
import { connected, openTeam, say } from './testing/scene.ts'
import type { Device, Tab } from './testing/scene.ts'

async function openPair() {
  const team = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = team.tabs as [Tab, Tab]
  const [aliceDevice, bobDevice] = team.devices as [Device, Device]
  return { ...team, alice, bob, aliceDevice, bobDevice }
}

const topicOf = (channel: ConversationId): TopicId => (channel.kind === 'channel' ? `${channel.prefix}00000000` : '') as TopicId

function headOf({ sync }: MemberDevice, topic: TopicId, of: DeviceId) {
  const head = sync
    .topicState(topic)
    .read()
    .heads.find(({ device }) => device === of)
  if (!head) throw new Error('no chain')
  return head
}

/** Whether it is so here, too, that the envelope at a place of somebody's chain has this id. */
async function isSame(
  { device, view, topic }: { device: MemberDevice; view: BeaconView; topic: TopicId },
  end: { readonly of: DeviceId; readonly seq: number; readonly id: string },
): Promise<boolean> {
  const { fold } = device.log
  const user = fold.ownerOf(end.of)
  const head = fold.head()
  if (!user || !head) throw new Error('no such member')
  const beacon: HeardBeacon = {
    device: end.of,
    user,
    name: '01'.repeat(8),
    session: '02'.repeat(16),
    counter: 2,
    isLeaving: false,
    head,
    heard: [],
    ends: [{ topic, deviceIndex: end.of.slice(0, 16), seq: end.seq, id: end.id.slice(0, 16) }],
  }
  const claim = view.claimsOf(beacon).find(({ place }) => place.code === 'views-differ' && place.device === end.of)
  if (!claim) throw new Error('no claim')
  return claim.isMet()
}

test('[RP185] another envelope at a place of a chain is not the same, in the middle of it and at its end', async () => {
  const { scene, alice, bob, bobDevice, aliceDevice, channel } = await openPair()
  await say(scene, alice, channel, ['one', 'two', 'three'])
  await scene.until('Bob has them', () => bob.texts(channel).length === 3)
  await Promise.all([alice.close(), bob.close()])
  const author = await openLone(scene, aliceDevice)
  const of = author.account.device
  const device = await openLone(scene, bobDevice)
  const topic = topicOf(channel)
  const place = { device, view: makeBeaconView(device), topic }
  expect(headOf(device, topic, of).seq).toBe(3)
  const rows = await device.ports.store.read(topic, of, 1, 9)
  expect(rows.map((row) => row.seq)).toEqual([1, 2, 3])
  for (const row of rows) {
    expect(await isSame(place, { of, seq: row.seq, id: row.id })).toBe(true)
    expect(await isSame(place, { of, seq: row.seq, id: 'ee'.repeat(32) })).toBe(false)
  }
  // What is not here is no other envelope: that it is missing is told as such.
  expect(await isSame(place, { of, seq: 4, id: 'ee'.repeat(32) })).toBe(true)
})

test('[RP185] of a device that has signed two envelopes for one place members may hold either, and are not at odds over it', async () => {
  const { scene, alice, bob, aliceDevice, bobDevice, channel } = await openPair()
  await say(scene, bob, channel, ['one'])
  const backup = bobDevice.copy()
  const copy = await backup.open()
  await say(scene, copy, channel, ['of the copy'])
  await copy.close()
  await say(scene, bob, channel, ['two'])
  await scene.until('Alice has both', () => alice.texts(channel).length === 2)
  await bob.close()
  const later = await backup.open()
  later.online()
  await connected(scene, later)
  await scene.until('Alice is warned', () => alice.replica.alarms.read().some(({ code }) => code === 'equivocation'))
  await Promise.all([alice.close(), later.close()])
  const author = await openLone(scene, bobDevice)
  let view: BeaconView | null = null
  const device = await openLone(scene, aliceDevice, (opened) => (view = makeBeaconView(opened)))
  if (!view) throw new Error('no view')
  expect(await isSame({ device, view, topic: topicOf(channel) }, { of: author.account.device, seq: 2, id: 'ee'.repeat(32) })).toBe(true)
})

test('[RP180] a beacon names the end of a chain only once a relay has acknowledged or shown it', async () => {
  const { scene, alice, bob, aliceDevice, bobDevice, channel } = await openPair()
  await say(scene, alice, channel, ['one'])
  await scene.until('Bob has it', () => bob.texts(channel).length === 1)
  await scene.pass(1000)
  alice.offline()
  await say(scene, alice, channel, ['unsent'])
  await Promise.all([alice.close(), bob.close()])
  const device = await openLone(scene, aliceDevice)
  const of = device.account.device
  const topic = topicOf(channel)
  expect(headOf(device, topic, of).seq).toBe(2)
  const own = makeBeaconView(device)
    .ends()
    .filter((end) => of.startsWith(end.deviceIndex))
  expect(own.map((end) => end.topic)).not.toContain(topic)
  expect(own).not.toEqual([])
  const shown = makeBeaconView(await openLone(scene, bobDevice)).ends()
  expect(shown.filter((end) => end.topic === topic)).toMatchObject([{ seq: 1 }])
})
