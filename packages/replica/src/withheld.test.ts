/** A relay that leaves out what others build on. */
import type { TopicId } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { expect, test } from 'vitest'
import { openTeam, say } from './testing/scene.ts'
import type { Tab } from './testing/scene.ts'

function codesOf(tab: Tab): readonly string[] {
  return tab.replica.alarms.read().map(({ code }) => code)
}

/** Bob’s relay leaves out the second of three. */
async function openHole() {
  const { scene, devices, tabs, channel } = await openTeam(['Alice', 'Bob'])
  const [alice, bob] = tabs as [Tab, Tab]
  const [, bobDevice] = devices
  let entries = 0
  // The second one never comes, and those behind it move up.
  bobDevice!.wire = (way, frame, answer) => {
    if (frame.type !== 'ENTRY') return true
    if (way !== 'down') return way === 'up' || 'lost'
    entries++
    if (entries > 2) answer({ ...frame, relaySeq: frame.relaySeq - 1 } satisfies Frame)
    return entries === 1 || 'lost'
  }
  for (const text of ['one', 'two', 'three']) {
    await say(scene, alice, channel, [text])
    await scene.pass(200)
  }
  await scene.until('the third was shown to Bob', () => entries === 3)
  expect(bob.texts(channel)).toEqual(['one'])
  return { scene, alice, bob, channel }
}

test('[RP145] `withheld`: an envelope that a relay leaves out is missed after two minutes, and no longer once a peer brings it', async () => {
  const { scene, alice, bob, channel } = await openHole()
  await scene.pass(100_000)
  expect(codesOf(bob)).toEqual([])
  await scene.pass(30_000)
  expect(codesOf(bob)).toEqual(['withheld'])
  expect(codesOf(alice)).toEqual([])
  scene.air.set(true)
  await scene.until('Bob has all', () => bob.texts(channel).length === 3)
  await scene.until('and no alarm', () => codesOf(bob).length === 0)
})

test('[RP145] what a peer shows behind a hole is no proof: a forged envelope that nothing leads to is never told', async () => {
  const { scene, tabs, devices, channel } = await openTeam(['Alice', 'Bob'], { direct: true })
  const [alice, bob] = tabs as [Tab, Tab]
  await say(scene, alice, channel, ['one'])
  await scene.until('Bob has it', () => bob.texts(channel).length === 1)
  const topic = `${channel.kind === 'channel' ? channel.prefix : ''}00000000` as TopicId
  const disk = devices[1]!.disk.open()
  const [head] = await disk.heads(topic)
  const [row] = await disk.read(topic, head!.device, 1, 1)
  const envelope = new Uint8Array(row!.bytes)
  // Its seq is 65,537 then.
  envelope[16] = 1
  scene.air.inject(encodeFrame({ type: 'ENTRY', topic, relaySeq: 0, envelope }))
  await scene.pass(200_000)
  for (const tab of [alice, bob]) expect(tab.events.filter(({ event }) => event === 'alarm')).toEqual([])
  await say(scene, alice, channel, ['two'])
  await scene.until('Bob reads on', () => bob.texts(channel).length === 2)
})

test('[RP145] a hole that is closed in time is never told', async () => {
  const { scene, bob, channel } = await openHole()
  await scene.pass(60_000)
  scene.air.set(true)
  await scene.until('Bob has all', () => bob.texts(channel).length === 3)
  await scene.pass(120_000)
  expect(bob.events.filter(({ event }) => event === 'alarm')).toEqual([])
})
