/** A relay that leaves out what others build on. */
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

test('[RP145] a hole that is closed in time is never told', async () => {
  const { scene, bob, channel } = await openHole()
  await scene.pass(60_000)
  scene.air.set(true)
  await scene.until('Bob has all', () => bob.texts(channel).length === 3)
  await scene.pass(120_000)
  expect(bob.events.filter(({ event }) => event === 'alarm')).toEqual([])
})
