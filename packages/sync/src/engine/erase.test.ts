/** Erasing: who may, what is left, and that nothing goes missing without it. */
import { concatBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId } from '@poruch/base'
import { lastingText, makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeTarget } from '../envelope/erased.ts'
import { decodeEnvelope, encodeErased, isErasedForm } from '../envelope/header.ts'
import type { Applier, LogRow, SyncOptions } from '../index.ts'

let world: SyncWorld
let alice: SyncPlayer
let bob: SyncPlayer

async function rowOf(player: SyncPlayer, device: DeviceId, seq: number): Promise<LogRow> {
  const [row] = await player.store.read(world.topic, device, seq, 1)
  if (row?.seq !== seq) throw new Error(`no row ${seq}`)
  return row
}

beforeEach(async () => {
  world = makeSyncWorld(5)
  alice = await world.join()
  bob = await world.join()
  for (const player of [alice, bob]) await player.sync.openTopic(world.topic)
})

/** Alice's three lines and Bob's answer, which follows them. */
async function talk(): Promise<void> {
  world.connect(alice, bob)
  for (const text of ['one', 'two', 'three']) await alice.say(text)
  await world.pass(500)
  await bob.say('an answer')
  await world.pass(500)
}

const erase = async (by: SyncPlayer, device: DeviceId, seq: number): Promise<void> => {
  await by.sync.erase(world.topic, { device, seq })
  await world.pass(1000)
}

/** Comes when all is over, and reads from Bob. */
async function latecomer(): Promise<SyncPlayer> {
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  world.connect(bob, carol)
  await world.pass(3000)
  return carol
}

describe('an Erase', () => {
  test('[SY101] takes the content from every device; who comes later never gets it, and chains go on', async () => {
    await talk()
    const sealed = decodeEnvelope((await rowOf(bob, alice.device, 2)).bytes)
    await erase(alice, alice.device, 2)
    await alice.say('four')
    await world.pass(500)
    const carol = await latecomer()
    await carol.say('hello')
    await world.pass(1000)
    const again = bob.openTab()
    await again.sync.openTopic(world.topic)
    for (const player of [alice, bob, carol, again]) {
      expect(player.texts(world.topic)).toEqual(['one', 'three', 'an answer', 'four', 'hello'])
      expect(player.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
      const { bytes, id } = await rowOf(player, alice.device, 2)
      expect(isErasedForm(bytes)).toBe(true)
      expect(id).toBe((await rowOf(alice, alice.device, 3)).prev)
      expect(sealed.ok && holds(bytes, sealed.value.ct)).toBe(false)
    }
    // What is left is what the document asked to be left.
    expect(carol.applied.find(({ seq, device }) => seq === 2 && device === alice.device)).toMatchObject({
      isErased: true,
      updates: [Uint8Array.of(1)],
    })
  })

  test('[SY102] by who may not is refused; by an admin it counts', async () => {
    await talk()
    await expect(bob.sync.erase(world.topic, { device: alice.device, seq: 1 })).rejects.toMatchObject({ code: 'no-right' })
    const rogue = await world.join({ wrap: asIfAllowed })
    await rogue.sync.openTopic(world.topic)
    world.connect(rogue, alice)
    await world.pass(2000)
    await erase(rogue, alice.device, 1)
    expect(rogue.texts(world.topic)).not.toContain('one')
    expect(alice.texts(world.topic)).toContain('one')
    expect(alice.log).toContain('envelope-refused no-right')
    world.script.admins.add(bob.device)
    await erase(bob, alice.device, 1)
    expect(alice.texts(world.topic)).toEqual(['two', 'three', 'an answer'])
  })

  test('[SY102] of an admin who was cut off before takes nothing of others', async () => {
    await talk()
    world.script.admins.add(bob.device)
    world.script.cuts.push({ pos: 11, device: bob.device, keeps: new Map() })
    alice.authority.learn(11)
    await alice.sync.authorityChanged()
    await erase(bob, alice.device, 1)
    expect(bob.texts(world.topic)).not.toContain('one')
    expect(alice.texts(world.topic)).toContain('one')
    // Nor from who does not have it yet.
    const carol = await world.join({ pos: 11 })
    await carol.sync.openTopic(world.topic)
    world.connect(bob, carol)
    await world.pass(2000)
    expect(carol.log).toContain('envelope-refused no-erase')
    world.connect(alice, carol)
    await world.pass(8000)
    expect(carol.texts(world.topic)).toContain('one')
  })

  test('[SY103] of what is not there, a second time, or of an Erase does nothing, and holds nobody up', async () => {
    await talk()
    await expect(alice.sync.erase(world.topic, { device: alice.device, seq: 9 })).rejects.toMatchObject({ code: 'no-target' })
    await erase(alice, alice.device, 2)
    await expect(alice.sync.erase(world.topic, { device: alice.device, seq: 2 })).rejects.toMatchObject({ code: 'not-erasable' })
    await expect(alice.sync.erase(world.topic, { device: alice.device, seq: 4 })).rejects.toMatchObject({ code: 'not-erasable' })
    // The same Erase again is known; the same content again does not come back.
    const rebuilds = bob.rebuilds.length
    const pair = world.connect(alice, bob)
    await world.pass(1000)
    pair.left.close('done')
    expect(bob.rebuilds).toHaveLength(rebuilds)
    await alice.say('goes on')
    await world.pass(1000)
    expect(bob.texts(world.topic)).toEqual(['one', 'three', 'an answer', 'goes on'])
  })

  test('[SY120] comes as often as somebody likes; the document is rebuilt now and then', async () => {
    world.connect(alice, bob)
    for (let index = 0; index < 20; index++) await alice.say(`line ${index}`)
    await world.pass(500)
    const before = bob.rebuilds.length
    for (let seq = 1; seq <= 15; seq++) {
      await alice.sync.erase(world.topic, { device: alice.device, seq })
      await world.pass(100)
    }
    expect(bob.rebuilds.length - before).toBe(1)
    expect(bob.texts(world.topic)).toHaveLength(19)
    await world.pass(6000)
    expect(bob.rebuilds.length - before).toBe(2)
    for (const player of [alice, bob]) expect(player.texts(world.topic)).toEqual(['line 15', 'line 16', 'line 17', 'line 18', 'line 19'])
    await world.pass(20_000)
    expect(bob.rebuilds.length - before).toBe(2)
  })

  test('[SY104] that says something else of what is left than what is here is refused, and named', async () => {
    const liar = await world.join({ wrap: (options) => ({ ...options, applier: lyingAbout(options.applier) }) })
    await liar.sync.openTopic(world.topic)
    world.connect(liar, bob)
    await liar.say('what was said')
    await world.pass(500)
    await erase(liar, liar.device, 1)
    expect(bob.texts(world.topic)).toEqual(['what was said'])
    expect(bob.log).toContain('content-refused false-skeleton')
    await expect(say(alice, lastingText)).rejects.toMatchObject({ code: 'not-erasable' })
  })

  test('[SY105] of what a pack holds is not made', async () => {
    await talk()
    const pack = await alice.sync.packTail(world.topic)
    if (!pack) throw new Error('no pack')
    await alice.sync.takePack(world.topic, pack)
    await expect(alice.sync.erase(world.topic, { device: alice.device, seq: 1 })).rejects.toMatchObject({ code: 'packed' })
  })

  test('[SY105] that a pack was made beside is done all the same, and the pack gets no word', async () => {
    await talk()
    const pack = await bob.sync.packTail(world.topic)
    if (!pack) throw new Error('no pack')
    await erase(alice, alice.device, 2)
    await alice.sync.takePack(world.topic, pack)
    await bob.sync.takePack(world.topic, pack)
    expect((await alice.sync.wordOn(world.topic, pack.id))?.isMine).toBe(false)
    await bob.sync.trimBehind(world.topic, pack.id)
    const again = bob.openTab()
    await again.sync.openTopic(world.topic)
    expect(again.texts(world.topic)).toEqual(['one', 'three', 'an answer'])
  })

  test('[SY105] before a pack is made stays done in it', async () => {
    await talk()
    await erase(alice, alice.device, 2)
    const pack = await alice.sync.packTail(world.topic)
    if (!pack) throw new Error('no pack')
    await alice.sync.takePack(world.topic, pack)
    await bob.sync.takePack(world.topic, pack)
    expect((await bob.sync.wordOn(world.topic, pack.id))?.isMine).toBe(true)
    for (const player of [alice, bob]) await player.sync.trimBehind(world.topic, pack.id)
    const carol = await latecomer()
    expect(carol.texts(world.topic)).toEqual(['one', 'three', 'an answer'])
    expect(carol.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
  })
})

describe('content that is missing', () => {
  test('[SY106] without an Erase that names it is a gap, which others fill', async () => {
    await talk()
    await erase(alice, alice.device, 2)
    const proof = decodeEnvelope((await rowOf(bob, alice.device, 2)).bytes)
    const row = await rowOf(bob, alice.device, 1)
    const form = decodeEnvelope(row.bytes)
    if (!proof.ok || !proof.value.erased || !form.ok) throw new Error('an erased one expected')
    const ctHash = await world.suite.sha256(form.value.ct)
    const carol = await world.join()
    await carol.sync.openTopic(world.topic)
    for (const claim of [
      // The Erase of another one.
      encodeErased(form.value, { ...proof.value.erased, ctHash }),
      // One that nobody has signed.
      encodeErased(form.value, { ...proof.value.erased, ctHash, erase: named(proof.value.erased.erase, { ...row }) }),
    ]) {
      await bob.store.erase(world.topic, { ...row, bytes: claim })
      const pair = world.connect(bob, carol)
      await world.pass(2000)
      pair.left.close('away')
      expect(carol.log.at(-1)).toContain('no-erase')
      expect(await carol.store.read(world.topic, alice.device, 1, 9)).toEqual([])
    }
    world.connect(alice, carol)
    await world.pass(8000)
    expect(carol.texts(world.topic)).toEqual(['one', 'three', 'an answer'])
  })
})

/** The same Erase with another name in it. */
function named(erase: Bytes, target: LogRow): Bytes {
  return concatBytes(erase.subarray(0, 53), encodeTarget(target), erase.subarray(53 + 68))
}

const say = async (player: SyncPlayer, text: string): Promise<void> => {
  await player.say(text)
  await player.sync.erase(world.topic, { device: player.device, seq: 1 })
}

function asIfAllowed(options: SyncOptions): SyncOptions {
  return { ...options, authority: { ...options.authority, mayErase: () => true } }
}

function lyingAbout(applier: Applier): Applier {
  return { ...applier, skeleton: () => Uint8Array.of(99) }
}

function holds(bytes: Bytes, part: Bytes): boolean {
  return toHex(bytes).includes(toHex(part))
}
