/** Erasing: who may, what is left, and that nothing goes missing without it. */
import { concatBytes, toHex } from '@poruch/base'
import type { Bytes, DeviceId } from '@poruch/base'
import { lastingText, makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeTarget } from '../envelope/erased.ts'
import { decodeEnvelope, encodeErased, isErasedForm } from '../envelope/header.ts'
import type { Compact } from '../compaction/pack.ts'
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

/** A pack of the tail that stands for its envelopes on the devices of these. */
async function packed(by: SyncPlayer, other: SyncPlayer): Promise<Compact> {
  const pack = await by.sync.packTail(world.topic)
  if (!pack) throw new Error('no pack')
  for (const player of [by, other]) {
    await player.sync.takePack(world.topic, pack)
    await player.sync.trimBehind(world.topic, pack.id)
  }
  return pack
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

  test('[SY105] of what a pack holds takes it from what is shown; the pack is made anew without it, and gives its place to the new one', async () => {
    await talk()
    const pack = await packed(alice, bob)
    await alice.say('after the pack')
    await world.pass(500)
    await erase(alice, alice.device, 2)
    const left = ['one', 'three', 'an answer', 'after the pack']
    for (const player of [alice, bob]) expect(player.texts(world.topic)).toEqual(left)
    const [stale] = await bob.sync.stalePacks(world.topic)
    expect(stale).toMatchObject({ id: pack.id, repacks: [], isRepack: false })
    const anew = await bob.sync.repack(world.topic, pack.id)
    if (!anew) throw new Error('no pack')
    expect(anew.prev).toBe(pack.id)
    // What says it again is not to leave out more, nor before it is here.
    expect(await alice.sync.replacePack(world.topic, pack.id, anew.id)).toBe(false)
    for (const player of [alice, bob]) {
      await player.sync.takePack(world.topic, anew)
      expect((await player.sync.wordOn(world.topic, anew.id))?.isMine).toBe(true)
      expect((await player.sync.wordOn(world.topic, pack.id))?.isMine).toBe(false)
      expect(await player.sync.replacePack(world.topic, pack.id, anew.id)).toBe(true)
      expect(await player.sync.stalePacks(world.topic)).toEqual([])
    }
    // The Erase may be packed now, and chains go on.
    await alice.say('on')
    await world.pass(500)
    const carol = await latecomer()
    await carol.say('hello')
    await world.pass(1000)
    const again = alice.openTab()
    await again.sync.openTopic(world.topic)
    for (const player of [alice, bob, carol, again]) {
      expect(player.texts(world.topic)).toEqual([...left, 'on', 'hello'])
      expect(player.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
      const packs = await player.store.packs(world.topic)
      expect(packs.filter(({ bytes }) => isErasedForm(bytes)).map(({ id }) => id)).toEqual([pack.id])
      // Whoever has the old one still gives it in vain.
      expect(await player.sync.takePack(world.topic, pack)).toMatchObject({ kind: 'kept', hasFilled: false })
      expect((await player.store.packs(world.topic)).map(({ bytes }) => isErasedForm(bytes)).toSorted()).toEqual([false, true])
    }
  })

  test('[SY121] that was packed whole is not lost to a later one: what is erased in packs waits with its Erase until they are made anew', async () => {
    await talk()
    const first = await packed(alice, bob)
    await erase(alice, alice.device, 2)
    await bob.say('more')
    await world.pass(500)
    const next = await packed(bob, alice)
    const tail = await bob.sync.tailOf(world.topic)
    expect(tail.envelopes).toBe(0)
    const anew = await alice.sync.repack(world.topic, first.id)
    if (!anew) throw new Error('no pack')
    expect(anew.prev).toBe(next.id)
    for (const player of [alice, bob]) {
      await player.sync.takePack(world.topic, anew)
      expect(await player.sync.replacePack(world.topic, first.id, anew.id)).toBe(true)
    }
    expect((await bob.sync.tailOf(world.topic)).envelopes).toBe(1)
    const last = await packed(bob, alice)
    expect(last.prev).toBe(anew.id)
    const carol = await latecomer()
    expect(carol.texts(world.topic)).toEqual(['one', 'three', 'an answer', 'more'])
    expect((await carol.store.packs(world.topic)).length).toBe(4)
  })

  test('[SY122] of an admin who was cut off does not make a pack that leaves it out stand for anything', async () => {
    await talk()
    const pack = await packed(alice, bob)
    world.script.admins.add(bob.device)
    await erase(bob, alice.device, 2)
    world.script.cuts.push({ pos: 11, device: bob.device, keeps: new Map() })
    const anew = await bob.sync.repack(world.topic, pack.id)
    if (!anew) throw new Error('no pack')
    const carol = await world.join({ pos: 11 })
    await carol.sync.openTopic(world.topic)
    await carol.sync.takePack(world.topic, pack)
    expect(await carol.sync.takePack(world.topic, anew)).toMatchObject({ kind: 'kept' })
    expect((await carol.sync.wordOn(world.topic, anew.id))?.isMine).toBe(false)
    expect(await carol.sync.replacePack(world.topic, pack.id, anew.id)).toBe(false)
    const again = carol.openTab()
    await again.sync.openTopic(world.topic)
    expect(again.texts(world.topic)).toContain('two')
  })

  test('[SY123] takes the content of another branch that is kept beside the chain, whichever came first', async () => {
    for (const text of ['one', 'two', 'three']) await alice.say(text)
    const twin = alice.openTab({ disk: alice.disk.copy() })
    await twin.sync.openTopic(world.topic)
    await twin.say('the other branch')
    await alice.say('what was here first')
    const [mine, his] = [await rowOf(alice, alice.device, 4), await rowOf(twin, alice.device, 4)]
    const [loser, winner] = mine.id > his.id ? [alice, twin] : [twin, alice]
    const form = decodeEnvelope((mine.id > his.id ? mine : his).bytes)
    if (!form.ok) throw new Error('no envelope')
    // Bob has seen nothing but the branch that does not stand, Carol both; Dave comes later.
    world.connect(loser, bob)
    const carol = await world.join()
    await carol.sync.openTopic(world.topic)
    for (const player of [loser, winner]) world.connect(player, carol).left.close(String(await world.pass(3000)))
    const beside = async (player: SyncPlayer): Promise<string> =>
      (await player.store.listRecords(`forked/${world.topic}`)).map(({ value }) => toHex(value)).join(' ')
    expect(await beside(carol)).toContain(toHex(form.value.ct))
    world.script.admins.add(bob.device)
    await erase(bob, alice.device, 4)
    const dave = await world.join()
    await dave.sync.openTopic(world.topic)
    world.connect(winner, dave).left.close(String(await world.pass(3000)))
    for (const player of [carol, dave]) world.connect(bob, player)
    await world.pass(8000)
    for (const player of [carol, dave]) {
      expect(await beside(player)).not.toBe('')
      expect(await beside(player)).not.toContain(toHex(form.value.ct))
    }
    // Told again by who has not heard of the Erase, it does not come back.
    world.connect(loser, dave)
    await world.pass(5000)
    expect(await beside(dave)).not.toContain(toHex(form.value.ct))
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
