/** What one device records is judged again by another that holds no key. */
import { setImmediate } from 'node:timers/promises'
import { parseBase64, toBase64 } from '@poruch/base'
import { replayDevice } from '@poruch/testkit/sim'
import { expect, test } from 'vitest'
import { openTeam, say } from '../testing/scene.ts'
import { makeNetworkTaps } from './network-taps.ts'
import { makeTraceRecorder } from './trace-recorder.ts'

async function record() {
  const team = await openTeam(['Alice', 'Bob'], { direct: true })
  const { scene, channel, devices } = team
  const [alice] = team.tabs
  const [, bobDevice] = devices
  if (!alice || !bobDevice) throw new Error('no team')
  await say(scene, alice, channel, ['before it began'])
  await team.tabs[1]?.close()
  const taps = makeNetworkTaps({ clock: scene.clock, random: scene.random })
  bobDevice.taps = taps
  const bob = await bobDevice.open()
  const recorder = makeTraceRecorder({ taps, clock: scene.clock, holdings: bob.replica.holdings })
  await recorder.start()
  bob.online()
  await say(scene, alice, channel, ['one', 'two'])
  await scene.until('Bob reads', () => bob.texts(channel).length === 3)
  await say(scene, bob, channel, ['three'])
  await scene.until('Alice reads', () => alice.texts(channel).length === 4)
  await alice.replica.createChannel('plans')
  await scene.pass(5000)
  const lines = (await recorder.finish())?.trimEnd().split('\n') ?? []
  // All of it goes on by itself: the scene's suite needs no threads.
  return { lines, world: { suite: scene.suite, settle: async () => setImmediate() } }
}

test('[RP203] a trace leads to the same end; a changed envelope in it is refused', async () => {
  const { lines, world } = await record()
  const replayed = await replayDevice(lines, world)
  expect(replayed?.differences).toEqual([])
  expect(replayed?.judged).toBeGreaterThan(5)

  let changed = 0
  const forged = lines.map((line) => {
    const { what, bytes: text } = JSON.parse(line) as { what?: string; bytes?: string }
    const bytes = what === 'held' && changed === 0 ? parseBase64(text ?? '') : null
    if (!bytes) return line
    changed++
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return line.replace(text ?? '', toBase64(bytes))
  })
  expect((await replayDevice(forged, world))?.differences.length).toBeGreaterThan(0)
})

test('[RP203] what is no trace of a device is refused', async () => {
  const { world } = await record()
  for (const text of ['', '{', '{"format":"poruch-trace","version":2,"source":"device"}'])
    expect(await replayDevice([text], world)).toBeNull()
})
