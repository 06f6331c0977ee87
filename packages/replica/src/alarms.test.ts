/** What a device says when relay or members do what no honest one does. */
import type { Bytes, ScopeId } from '@poruch/base'
import { decodeEntry, decodeRecord, encodeRecord } from '@poruch/identity/fold'
import { describe, expect, test } from 'vitest'
import type { Alarm, ConversationId } from './api.ts'
import { connected, finished, joinAs, openTeam, say } from './testing/scene.ts'
import type { Device, openScene, Scene, Tab } from './testing/scene.ts'

interface Pair {
  readonly scene: Scene
  readonly alice: Tab
  readonly bob: Tab
  readonly bobDevice: Device
  readonly channel: ConversationId
  readonly scope: ScopeId
}

async function openPair(options: Parameters<typeof openScene>[0] = {}): Promise<Pair> {
  const { scene, devices, tabs, channel } = await openTeam(['Alice', 'Bob'], options)
  const [alice, bob] = tabs
  const [, bobDevice] = devices
  if (!alice || !bob || !bobDevice) throw new Error('nobody')
  return { scene, alice, bob, bobDevice, channel, scope: bob.workspace().scope }
}

function codesOf(tab: Tab): Alarm['code'][] {
  return tab.replica.alarms.read().map(({ code }) => code)
}

describe('alarms', () => {
  test('[RP120] are there after a restart and in every tab, and name what they are about', async () => {
    const { scene, bob, bobDevice, scope } = await openPair()
    const other = await bobDevice.open()
    bob.offline()
    await scene.pass(1000)
    bobDevice.relay = await scene.relay.impostor()
    const again = await bobDevice.open()
    again.online()
    await scene.until('Bob is warned', () => codesOf(again).includes('relay-changed'))
    await scene.until('in the other tab, too', () => codesOf(other).includes('relay-changed'))
    const [alarm] = again.replica.alarms.read()
    expect(alarm).toMatchObject({ code: 'relay-changed', scope })
    await again.close()
    const later = await bobDevice.open()
    expect(later.replica.alarms.read()).toEqual([alarm])
  })

  test('[RP121] `relay-changed`: another relay under the same address is hung up on; the alarm ends with the true one', async () => {
    const { scene, bob, bobDevice } = await openPair()
    await bob.close()
    bobDevice.relay = await scene.relay.impostor()
    const fooled = await bobDevice.open()
    fooled.online()
    await scene.until('Bob is warned', () => codesOf(fooled).includes('relay-changed'))
    await fooled.close()
    bobDevice.relay = scene.relay
    const again = await bobDevice.open()
    again.online()
    await connected(scene, again)
    await scene.until('all is well', () => codesOf(again).length === 0)
  })

  test('[RP122] attack 28: a device that the relay adds is ignored, and an alarm says so', async () => {
    const { scene, alice, bob, bobDevice, scope } = await openPair()
    const carolDevice = scene.device('Carol')
    const carol = await carolDevice.open()
    carol.online()
    let isForged = false
    bobDevice.wire = (way, frame, answer) => {
      const [record] = way === 'down' && frame.type === 'ORDERED' ? frame.records : []
      if (!record || isForged || decodeEntry(decodeRecord(record).entry).op.kind !== 'admit') return true
      isForged = true
      answer({ type: 'ORDERED', scope, records: [forgedOf(record)] })
      answer(frame)
      return 'lost'
    }
    await joinAs(scene, alice, carol, 'Carol')
    await scene.until('Bob is warned', () => codesOf(bob).includes('foreign-device'))
    expect(isForged).toBe(true)
    await scene.until('Bob has the true one', () => bob.workspace().members.length === 3)
  })
})

test('[RP125] `rolled-back`: a relay that was set back to an older state is noticed', async () => {
  const { scene, alice, bob, bobDevice } = await openPair()
  const before = await scene.relay.split()
  await finished(scene, alice.replica.createChannel('Plans'))
  await scene.until('Bob has it', () => bob.workspace().conversations.some(({ title }) => title === 'Plans'))
  await bob.close()
  bobDevice.relay = before
  const again = await bobDevice.open()
  again.online()
  await scene.until('Bob is warned', () => codesOf(again).includes('rolled-back'))
  await again.close()
  bobDevice.relay = scene.relay
  const later = await bobDevice.open()
  later.online()
  await connected(scene, later)
  await scene.until('the alarm ends', () => codesOf(later).length === 0)
})

describe('a copy of a device', () => {
  test('[RP126] attack 10: finds its own chain longer at the relay and does not write on it', async () => {
    const { scene, alice, bob, bobDevice, channel } = await openPair()
    await say(scene, bob, channel, ['one'])
    const backup = bobDevice.copy()
    await say(scene, bob, channel, ['two'])
    await scene.until('Alice has both', () => alice.texts(channel).length === 2)
    await bob.close()
    const copy = await backup.open()
    copy.online()
    await connected(scene, copy)
    await expect(finished(scene, copy.replica.send(channel, 'three'))).rejects.toMatchObject({ reason: 'chain-elsewhere' })
    expect(copy.replica.alarms.read()).toMatchObject([{ code: 'chain-elsewhere', device: expect.any(String) as string }])
    await copy.close()
    // Also without a relay, and over a restart.
    const again = await backup.open()
    await expect(finished(scene, again.replica.send(channel, 'three'))).rejects.toMatchObject({ reason: 'chain-elsewhere' })
    expect(alice.texts(channel)).toEqual(['one', 'two'])
    expect(codesOf(alice)).toEqual([])
  })

  test('[RP127] attack 8: that wrote before it could know is named to all, and everybody shows the same', async () => {
    const { scene, alice, bob, bobDevice, channel } = await openPair()
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
    await scene.until('Alice is warned', () => codesOf(alice).includes('equivocation'))
    expect(alice.replica.alarms.read()).toMatchObject([{ code: 'equivocation', user: alice.member('Bob').user }])
    await scene.until('all show the same', () => alice.texts(channel).join() === later.texts(channel).join())
    expect(alice.texts(channel)).toHaveLength(2)
    expect(codesOf(later)).toEqual(['chain-elsewhere'])
  })
})

describe('a relay that orders two entries at one position', () => {
  async function parted(): Promise<Pair & { readonly split: Tab }> {
    const pair = await openPair({ direct: false })
    const { scene, alice, bob, bobDevice } = pair
    await bob.close()
    bobDevice.relay = await scene.relay.split()
    const split = await bobDevice.open()
    split.online()
    await connected(scene, split)
    await finished(scene, alice.replica.createChannel('Plans'))
    await finished(scene, split.replica.createChannel('Lies'))
    return { ...pair, split }
  }

  test('[RP123] `sequencer-fraud`: once two of its victims meet, both say so, and change nothing more by it, over restarts', async () => {
    const { scene, alice, split, bobDevice } = await parted()
    scene.air.set(true)
    await scene.until('both are warned', () => [alice, split].every((tab) => codesOf(tab).includes('sequencer-fraud')))
    await expect(finished(scene, alice.replica.createChannel('More'))).rejects.toMatchObject({ reason: 'frozen' })
    await split.close()
    const again = await bobDevice.open()
    expect(codesOf(again)).toContain('sequencer-fraud')
    again.online()
    await connected(scene, again)
    await expect(finished(scene, again.replica.createChannel('More'))).rejects.toMatchObject({ reason: 'frozen' })
  })

  test('[RP124] `forged-log`: what nobody ordered is refused, and whose device sent it is named', async () => {
    const { scene, alice, bob, bobDevice, scope } = await openPair()
    let isForged = false
    bobDevice.wire = (way, frame, answer) => {
      const [record] = way === 'down' && frame.type === 'ORDERED' ? frame.records : []
      if (record && !isForged) answer({ type: 'ORDERED', scope, records: [forgedOf(record)] })
      isForged ||= record !== undefined
      return true
    }
    await finished(scene, alice.replica.createChannel('Plans'))
    await scene.until('Bob is warned', () => codesOf(bob).includes('forged-log'))
    expect(bob.replica.alarms.read()).toEqual([{ code: 'forged-log', scope, sinceMs: expect.any(Number) as number }])
  })
})

/** The same record with another signature of its author. */
function forgedOf(record: Bytes): Bytes {
  const parts = decodeRecord(record)
  const entry = parts.entry.slice()
  entry[entry.length - 3] = (entry.at(-3) ?? 0) ^ 1
  return encodeRecord({ ...parts, entry })
}
