import type { DeviceId, EnvelopeId } from '@poruch/base'
import { seededRandom } from '@poruch/testkit/fixtures'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { beforeEach, expect, test } from 'vitest'
import type { Compact } from './pack.ts'

let world: SyncWorld
let alice: SyncPlayer
let bob: SyncPlayer

async function talk(count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) await (index % 3 === 0 ? bob : alice).say(`line ${index}`)
  await world.pass(1000)
}

/** A pack of what no pack holds yet, kept by its maker; it stands for its envelopes there when `isTrimmed`. */
async function pack(by: SyncPlayer, { isTrimmed = true } = {}): Promise<Compact> {
  const made = await by.sync.packTail(world.topic)
  if (!made) throw new Error('nothing to pack')
  expect((await by.sync.takePack(world.topic, made)).kind).toBe('kept')
  if (isTrimmed) await by.sync.trimBehind(world.topic, made.id)
  return made
}

async function seqsOf(player: SyncPlayer, device: DeviceId): Promise<number[]> {
  return (await player.store.read(world.topic, device, 1, 1000)).map(({ seq }) => seq)
}

/** In the same order everywhere: by lamport, then device. */
function expectSame(a: SyncPlayer, b: SyncPlayer): void {
  expect(b.texts(world.topic)).toEqual(a.texts(world.topic))
  expect(b.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
}

beforeEach(async () => {
  world = makeSyncWorld(3)
  alice = await world.join()
  bob = await world.join()
  for (const player of [alice, bob]) await player.sync.openTopic(world.topic)
  world.connect(alice, bob)
})

test('[SY78] a device that has let go of envelopes hands them over again after a restart, and writes on', async () => {
  await talk(9)
  await pack(alice)
  expect(await seqsOf(alice, alice.device)).toEqual([6])
  await talk(4, 9)
  const again = alice.openTab()
  await again.sync.openTopic(world.topic)
  expectSame(alice, again)
  expect(again.texts(world.topic)).toHaveLength(13)
  await again.say('after the restart')
  await world.pass(1000)
  expect(alice.texts(world.topic).at(-1)).toBe('after the restart')
  expect(bob.sync.topicState(world.topic).read().gaps).toEqual([])
})

test('[SY79] a peer that lacks what is packed gets the packs, then the rest, and the chains go on', async () => {
  await talk(9)
  await pack(alice)
  await talk(6, 9)
  await pack(alice)
  await talk(2, 15)
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  world.connect(alice, carol)
  await world.pass(4000)
  expectSame(alice, carol)
  expect(carol.texts(world.topic)).toHaveLength(17)
  await carol.say('hello from a newcomer')
  await world.pass(2000)
  expect(alice.texts(world.topic).at(-1)).toBe('hello from a newcomer')
  // Whoever came in by packs hands them on.
  const dave = await world.join()
  await dave.sync.openTopic(world.topic)
  world.connect(carol, dave)
  await world.pass(4000)
  expectSame(alice, dave)
})

test('[SY79] a peer that holds a part of a packed chain is filled up', async () => {
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  const pair = world.connect(alice, carol)
  await talk(5)
  pair.left.close('away')
  await talk(7, 5)
  await pack(alice)
  await talk(2, 12)
  world.connect(alice, carol)
  await world.pass(4000)
  expectSame(alice, carol)
  expect(carol.texts(world.topic)).toHaveLength(14)
})

test('[SY79] packs made while two write: whoever reads packs has the same as who has read every envelope', async () => {
  const random = seededRandom(79)
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  for (const player of [alice, bob]) world.connect(player, carol)
  let packs = 0
  for (let step = 0; step < 120; step++) {
    const [what = 0] = random.bytes(1)
    if (what < 90) void alice.say(`alice ${step}`)
    else if (what < 180) void bob.say(`bob ${step}`)
    else if (what < 215) await world.pass(60)
    else {
      // The tail is read while the two write on.
      const made = await alice.sync.packTail(world.topic)
      if (!made || (await alice.sync.takePack(world.topic, made)).kind !== 'kept') continue
      packs += 1
      if (what % 2 === 0) await alice.sync.trimBehind(world.topic, made.id)
    }
  }
  await world.pass(4000)
  expect(packs).toBeGreaterThan(8)
  expect(carol.texts(world.topic).length).toBeGreaterThan(60)
  expect((await seqsOf(alice, alice.device)).length).toBeLessThan(carol.texts(world.topic).length)
  const dave = await world.join()
  await dave.sync.openTopic(world.topic)
  world.connect(alice, dave)
  await world.pass(4000)
  // Read anew: out of envelopes, out of packs and what followed, and out of packs that somebody else has given.
  const [replayed, unpacked, given] = [carol.openTab(), alice.openTab(), dave.openTab()]
  for (const tab of [replayed, unpacked, given]) await tab.sync.openTopic(world.topic)
  for (const tab of [unpacked, given]) expectSame(replayed, tab)
  for (const player of [alice, bob, carol, dave])
    expect(player.texts(world.topic).toSorted()).toEqual(replayed.texts(world.topic).toSorted())
})

test('[SY80] a pack that goes another way than a chain here, or leaves a hole before it, is not taken', async () => {
  await talk(6)
  const first = await pack(alice, { isTrimmed: false })
  await talk(6, 6)
  const second = await pack(alice, { isTrimmed: false })
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  expect(await carol.sync.takePack(world.topic, second)).toEqual({ kind: 'waiting', reason: 'gap' })
  expect(await carol.sync.takePack(world.topic, first)).toMatchObject({ kind: 'kept', hasFilled: true })
  expect(await carol.sync.takePack(world.topic, second)).toMatchObject({ kind: 'kept', hasFilled: true })
  // Alice's device says something else in the same place to Dave.
  const dave = await world.join()
  await dave.sync.openTopic(world.topic)
  const twin = await twinOf(alice)
  world.connect(twin, dave)
  await twin.say('the other branch')
  await world.pass(2000)
  expect(await dave.sync.takePack(world.topic, first)).toEqual({ kind: 'refused', reason: 'fork' })
  expect(dave.texts(world.topic)).toEqual(['the other branch'])
})

test('[SY80] a pack that goes on from another branch than the one here is not taken', async () => {
  await alice.say('one')
  await pack(alice, { isTrimmed: false })
  await alice.say('two')
  const second = await pack(alice, { isTrimmed: false })
  const dave = await world.join()
  await dave.sync.openTopic(world.topic)
  const twin = await twinOf(alice)
  world.connect(twin, dave)
  await twin.say('the other branch')
  await world.pass(2000)
  expect(await dave.sync.takePack(world.topic, second)).toEqual({ kind: 'refused', reason: 'fork' })
})

test('[SY81] a word is given on what a device holds by itself, from the start on, and on nothing else', async () => {
  await talk(6)
  const first = await pack(alice, { isTrimmed: false })
  await bob.sync.takePack(world.topic, first)
  const word = await bob.sync.wordOn(world.topic, first.id)
  expect(word).toMatchObject({ author: alice.device, isMine: true })
  expect(word?.ends.map(({ seq }) => seq).toSorted()).toEqual([2, 4])
  const carol = await world.join()
  await carol.sync.openTopic(world.topic)
  await carol.sync.takePack(world.topic, first)
  expect(await carol.sync.wordOn(world.topic, first.id)).toMatchObject({ isMine: false })
  expect(await carol.sync.wordOn(world.topic, 'ab'.repeat(32) as EnvelopeId)).toBeNull()
  // Dave holds every envelope, and not the pack before: his word would stand for a hole.
  await talk(6, 6)
  const second = await pack(alice, { isTrimmed: false })
  const dave = await world.join()
  await dave.sync.openTopic(world.topic)
  world.connect(alice, dave)
  await world.pass(2000)
  await dave.sync.takePack(world.topic, second)
  expect(await dave.sync.wordOn(world.topic, second.id)).toMatchObject({ isMine: false })
  await dave.sync.takePack(world.topic, first)
  expect(await dave.sync.wordOn(world.topic, second.id)).toMatchObject({ isMine: true })
})

test('[SY82] a tail is what no pack holds, and a pack names the one before it', async () => {
  await talk(6)
  expect(await alice.sync.tailOf(world.topic)).toMatchObject({ envelopes: 6, last: null })
  const first = await pack(alice)
  expect(await alice.sync.tailOf(world.topic)).toMatchObject({ envelopes: 0, last: first.id })
  expect(await alice.sync.packTail(world.topic)).toBeNull()
  await talk(3, 6)
  const tail = await alice.sync.tailOf(world.topic)
  expect(tail.envelopes).toBe(3)
  expect(tail.frontier.map(({ seq }) => seq).toSorted()).toEqual([3, 6])
  expect((await pack(alice)).prev).toBe(first.id)
  expect((await alice.sync.packsOf(world.topic)).map(({ prev }) => prev)).toEqual([null, first.id])
})

test('[SY83] a cut that falls among packed envelopes voids them, and the document is built anew', async () => {
  await talk(9)
  await pack(alice)
  const [stood] = await alice.sync.packsOf(world.topic)
  expect(stood).toBeDefined()
  world.script.cuts.push({ pos: 11, device: bob.device, keeps: new Map() })
  alice.authority.learn(11)
  await alice.sync.authorityChanged()
  await world.pass(500)
  expect(alice.texts(world.topic)).toEqual(['line 1', 'line 2', 'line 4', 'line 5', 'line 7', 'line 8'])
  expect((await alice.sync.voidOf(world.topic)).map(({ seq }) => seq)).toEqual([1, 2, 3])
})

test('[SY78] a pack and those before it stand for their envelopes, later ones do not', async () => {
  await talk(6)
  const first = await pack(alice, { isTrimmed: false })
  await talk(6, 6)
  await pack(alice, { isTrimmed: false })
  await alice.sync.trimBehind(world.topic, first.id)
  expect(await seqsOf(alice, bob.device)).toEqual([2, 3, 4])
  expect(await seqsOf(alice, alice.device)).toEqual([4, 5, 6, 7, 8])
})

test('[SY80] a pack stands for nothing where the chain here goes another way by now', async () => {
  for (const text of ['one', 'two', 'three']) await alice.say(text)
  await world.pass(1000)
  const made = await pack(alice, { isTrimmed: false })
  expect((await bob.sync.takePack(world.topic, made)).kind).toBe('kept')
  const twin = await twinOf(alice)
  await twin.say('the other branch')
  const [other] = await twin.store.read(world.topic, alice.device, 1, 1)
  if (!other) throw new Error('no other branch')
  world.connect(twin, bob)
  await world.pass(2000)
  world.script.cuts.push({ pos: 11, device: alice.device, keeps: new Map([[world.topic, { seq: 1, id: other.id }]]) })
  bob.authority.learn(11)
  await bob.sync.authorityChanged()
  await world.pass(500)
  const here = async () => (await bob.store.read(world.topic, alice.device, 1, 9)).map(({ seq, id }) => [seq, id])
  expect(await here()).toEqual([[1, other.id]])
  await bob.sync.trimBehind(world.topic, made.id)
  expect(await here()).toEqual([[1, other.id]])
})

test('[SY84] a newcomer without the epoch keeps nothing of a pack until the key comes', async () => {
  await talk(6)
  const made = await pack(alice)
  const carol = await world.join({ gens: [] })
  await carol.sync.openTopic(world.topic)
  expect(await carol.sync.takePack(world.topic, made)).toEqual({ kind: 'waiting', reason: 'no-key' })
  expect(await carol.sync.packsOf(world.topic)).toEqual([])
  carol.authority.giveKey(0)
  expect(await carol.sync.takePack(world.topic, made)).toMatchObject({ kind: 'kept' })
  expect(carol.texts(world.topic)).toHaveLength(6)
})

test('[SY109] of two packs that follow the same one, the later one is gone on from', async () => {
  await talk(6)
  const one = await pack(alice, { isTrimmed: false })
  const other = await bob.sync.packTail(world.topic)
  if (!other) throw new Error('nothing to pack')
  for (const [player, order] of [
    [alice, [other]],
    [bob, [other, one]],
  ] as const) {
    for (const each of order) {
      await world.pass(1000)
      expect((await player.sync.takePack(world.topic, each)).kind).toBe('kept')
    }
  }
  expect((await alice.sync.tailOf(world.topic)).last).toBe(other.id)
  expect((await bob.sync.tailOf(world.topic)).last).toBe(one.id)
  const again = alice.openTab()
  expect((await again.sync.tailOf(world.topic)).last).toBe(other.id)
  await talk(3, 6)
  expect((await pack(alice)).prev).toBe(other.id)
  expect((await alice.sync.packsOf(world.topic)).at(-1)?.prev).toBe(other.id)
})

/** The same device over an empty disk. */
async function twinOf(player: SyncPlayer): Promise<SyncPlayer> {
  return world.join({ wrap: (options) => ({ ...options, signer: player.signer, authority: player.authority }) })
}
