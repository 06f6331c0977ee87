/** Writing: batches, durability, deps and lamport, refusals, two tabs. */
import { encodeUtf8, parseUtf8 } from '@poruch/base'
import type { EpochId } from '@poruch/base'
import { maxUpdateSizeBytes } from '@poruch/sync'
import { makeSyncWorld, refusedText } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { chainOf, feedTo, opened } from '../testing/feed.ts'

async function kindsOf(world: SyncWorld, player: SyncPlayer): Promise<number[]> {
  return (await player.store.read(world.topic, player.device, 1, 100)).map((row) => row.kind)
}

test('[SY20] the first update leaves at once, what follows within 50 ms goes together', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const writes = ['a', 'b', 'c'].map(async (text) => alice.sync.write(world.topic, 1, encodeUtf8(text)))
  await world.settle()
  expect(await kindsOf(world, alice)).toEqual([1])
  world.clock.advance(49)
  await world.settle()
  expect(await kindsOf(world, alice)).toEqual([1])
  world.clock.advance(1)
  await world.settle()
  expect(await kindsOf(world, alice)).toEqual([1, 2])
  expect((await Promise.all(writes)).map((written) => written.seq)).toEqual([1, 2, 2])
  expect(alice.texts(world.topic)).toEqual(['a', 'b', 'c'])
  world.clock.advance(50)
  void alice.sync.write(world.topic, 1, encodeUtf8('d'))
  await world.settle()
  expect(await kindsOf(world, alice)).toEqual([1, 2, 1])
})

test('[SY20] what goes together is merged where the Applier can, and kept apart above 64 updates', async () => {
  const world = makeSyncWorld()
  const merge = (_topic: unknown, updates: readonly Uint8Array[]) => encodeUtf8(updates.map((update) => parseUtf8(update)).join('+'))
  const alice = await world.join({ wrap: (options) => ({ ...options, applier: { ...options.applier, merge } }) })
  await alice.sync.openTopic(world.topic)
  const say = async (count: number) => {
    const writes = Array.from({ length: count }, async (_, index) => alice.sync.write(world.topic, 1, encodeUtf8(`${index}`)))
    await world.pass(50)
    return Promise.all(writes)
  }
  expect((await say(4)).map((written) => written.seq)).toEqual([1, 2, 2, 2])
  expect(await kindsOf(world, alice)).toEqual([1, 1])
  expect(alice.texts(world.topic)).toEqual(['0', '1+2+3'])
  await world.pass(50)
  await say(66)
  expect(alice.applied.map((each) => each.updates.length)).toEqual([1, 1, 1, 65])
})

test('[SY20] a write is on disk when it resolves, and a full disk refuses it', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const written = await alice.sync.write(world.topic, 1, encodeUtf8('kept'))
  expect((await alice.disk.open().read(world.topic, alice.device, 1, 1)).map((row) => row.id)).toEqual([written.id])
  alice.disk.setCapacity(alice.disk.sizeBytes())
  world.clock.advance(50)
  await expect(alice.sync.write(world.topic, 1, encodeUtf8('lost'))).rejects.toMatchObject({ code: 'disk-full' })
  alice.disk.setCapacity(1_000_000)
  world.clock.advance(50)
  await alice.sync.write(world.topic, 2, encodeUtf8('after'))
  expect(alice.texts(world.topic)).toEqual(['kept', 'after'])
})

test('[SY86] what was written under one n behind what failed fails with it, queued or not; another n goes on', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('kept')
  alice.disk.setCapacity(alice.disk.sizeBytes())
  world.clock.advance(50)
  const outcomes = Promise.allSettled([1, 1, 2].map(async (n, index) => alice.sync.write(world.topic, n, encodeUtf8(`${index}`))))
  await world.settle()
  // The first has failed; there is room again before the second and the third leave.
  alice.disk.setCapacity(1_000_000)
  await world.pass(50)
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  await expect(alice.sync.write(world.topic, 1, encodeUtf8('later'))).rejects.toMatchObject({ code: 'disk-full' })
  await world.pass(50)
  await expect(alice.sync.write(world.topic, 2, new Uint8Array(maxUpdateSizeBytes + 1))).rejects.toMatchObject({ code: 'too-large' })
  await expect(alice.sync.write(world.topic, 2, encodeUtf8('behind it'))).rejects.toMatchObject({ code: 'too-large' })
  expect(alice.texts(world.topic)).toEqual(['kept', '2'])
})

test('[SY20] a burst is cut into envelopes that fit, and one envelope holds one n', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const large = new Uint8Array(maxUpdateSizeBytes - 10)
  const writes = [1, 1, 1, 2, 2].map(async (n) => alice.sync.write(world.topic, n, n === 1 ? large : encodeUtf8('small')))
  await world.pass(50)
  expect((await Promise.all(writes)).map((written) => written.seq)).toEqual([1, 2, 3, 4, 4])
  expect(alice.applied.map((each) => [each.n, each.updates.length])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
    [2, 2],
  ])
})

test('[SY20] small updates of two n go into two envelopes', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const writes = [1, 1, 1, 2, 2].map(async (n) => alice.sync.write(world.topic, n, encodeUtf8('small')))
  await world.pass(50)
  expect((await Promise.all(writes)).map((written) => written.seq)).toEqual([1, 2, 2, 3, 3])
  expect(alice.applied.map((each) => each.n)).toEqual([1, 1, 2])
})

test('[SY20] refuses an update over its bound and more than may wait', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await expect(alice.sync.write(world.topic, 1, new Uint8Array(maxUpdateSizeBytes + 1))).rejects.toMatchObject({ code: 'too-large' })
  const writes = Array.from({ length: 4200 }, async () => alice.sync.write(world.topic, 2, encodeUtf8('x')))
  const flood = Promise.allSettled(writes)
  await world.pass(100)
  const codes = (await flood).map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : 'written'))
  expect(codes.filter((code) => code === 'written')).toHaveLength(4096)
  expect(codes.filter((code) => code === 'queue-full')).toHaveLength(104)
})

test('[SY21] an envelope names what was handed over since the one before, and its lamport follows all of it', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  await world.pass(200)
  for (const text of ['1', '2', '3']) await alice.say(text)
  await world.pass(100)
  await bob.say('4')
  await bob.say('5')
  await world.pass(100)
  await alice.say('6')
  expect(alice.applied.map((each) => each.lamport)).toEqual([1, 2, 3, 4, 5, 6])
  const [first, second] = await bob.store.read(world.topic, bob.device, 1, 2)
  expect((second?.bytes.length ?? 0) < (first?.bytes.length ?? 0)).toBe(true)
})

test('[SY21] after a restart deps and lamport go on from the log', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  await bob.say('1')
  await world.pass(200)
  await alice.say('2')
  await alice.sync.close()
  const again = alice.openTab()
  await again.say('3')
  expect(again.applied.map((each) => each.lamport)).toEqual([1, 2, 3])
  const [second, third] = await again.store.read(world.topic, alice.device, 1, 2)
  expect((third?.bytes.length ?? 0) < (second?.bytes.length ?? 0)).toBe(true)
})

test('[SY29] two tabs that write at the same time make one chain and lose nothing', async () => {
  const world = makeSyncWorld()
  const first = await opened(world)
  const second = first.openTab()
  await second.sync.openTopic(world.topic)
  const writes = Array.from({ length: 20 }, async (_, index) => {
    await world.pass(50)
    await Promise.all([first, second].map(async (tab, side) => tab.sync.write(world.topic, 1 + side, encodeUtf8(`${index}${side}`))))
  })
  await world.pass(1000)
  await Promise.all(writes)
  await world.pass(1000)
  const texts = Array.from({ length: 20 }, (_, index) => [`${index}0`, `${index}1`]).flat()
  expect(first.texts(world.topic).toSorted()).toEqual(texts.toSorted())
  expect(second.texts(world.topic)).toEqual(first.texts(world.topic))
  const seqs = (await first.store.read(world.topic, first.device, 1, 100)).map((row) => row.seq)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
})

test('[SY46] what another tab has written is shown without being asked for', async () => {
  const world = makeSyncWorld()
  const first = await opened(world)
  const second = first.openTab()
  await second.sync.openTopic(world.topic)
  await first.say('here')
  expect(second.texts(world.topic)).toEqual(['here'])
})

test('[SY46] also by a tab that slept: what a peer brings before it has heard of the disk is shown, and written on', async () => {
  const world = makeSyncWorld()
  const bob = await opened(world)
  const unheard: (() => void)[] = []
  const first = await opened(world, {
    wrap: (options) => ({
      ...options,
      store: { ...options.store, watch: (changed) => options.store.watch((change) => void unheard.push(() => changed(change))) },
    }),
  })
  const second = first.openTab()
  await second.sync.openTopic(world.topic)
  await bob.say('of Bob')
  await feedTo(world, first).give(...(await chainOf(world, bob)))
  await first.say('of the first tab')
  await feedTo(world, second).give(...(await chainOf(world, bob)), ...(await chainOf(world, first)))
  for (const hear of unheard.splice(0)) hear()
  await world.pass(100)
  expect(second.texts(world.topic)).toEqual(['of Bob', 'of the first tab'])
  await second.say('of the second tab')
  expect(second.texts(world.topic)).toHaveLength(3)
})

test('[SY47] a write that cannot be sealed now is refused with its code and keeps nothing', async () => {
  const world = makeSyncWorld()
  const keyless = await world.join({ gens: [] })
  await expect(keyless.sync.write(world.topic, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'no-key' })
  const former = await opened(world)
  const place = world.script.members.findIndex((member) => member.device === former.device)
  world.script.members[place] = { ...world.script.members[place]!, until: 5 }
  world.clock.advance(50)
  await expect(former.sync.write(world.topic, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'no-right' })
  const stranger = await opened(world)
  world.script.topics.delete(world.topics[2]!)
  await expect(stranger.sync.write(world.topics[2]!, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'unknown-topic' })
  for (const player of [keyless, former, stranger]) expect(await player.store.topics()).toEqual([])
})

test('[SY47] nothing is written when the log here is behind the own chain', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('at ten')
  await alice.sync.close()
  const restored = alice.openTab()
  const behind = { ...restored.authority, head: () => ({ pos: 4, id: restored.authority.headIdAt(world.topic, 4)! }) }
  Object.assign(restored.authority, behind)
  await expect(restored.sync.write(world.topic, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'log-behind' })
})

test('[SY47] nothing is written before the own chain was read to its end', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('under the first key')
  await alice.sync.close()
  world.script.epochs.push({ pos: 11, key: new Uint8Array(32).fill(1) })
  const restored = alice.openTab()
  const { authority } = restored
  authority.learn(11)
  authority.giveKey(1)
  const { epochKey } = authority
  const first = authority.epochFor(world.topic, alice.device, 0, 0)
  Object.assign(authority, { epochKey: async (topic: typeof world.topic, id: EpochId) => (id === first ? null : epochKey(topic, id)) })
  await expect(restored.say('x')).rejects.toMatchObject({ code: 'not-ready' })
  Object.assign(authority, { epochKey })
  await restored.sync.authorityChanged()
  await restored.say('under the second')
  expect(restored.texts(world.topic)).toEqual(['under the first key', 'under the second'])
})

test('[SY47] nothing is written that a log which moved meanwhile would have refused', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const meanwhile = (player: SyncPlayer, change: () => void): void => {
    const before = player.authority.writingEpoch
    Object.assign(player.authority, {
      writingEpoch: async (topic: typeof world.topic) => {
        const epoch = await before(topic)
        change()
        return epoch
      },
    })
  }
  meanwhile(bob, () => world.script.cuts.push({ pos: 5, device: alice.device, keeps: new Map() }))
  await expect(bob.sync.write(world.topic, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'epoch-due' })
  world.script.cuts.length = 0
  meanwhile(alice, () => {
    const place = world.script.members.findIndex((member) => member.device === alice.device)
    world.script.members[place] = { ...world.script.members[place]!, until: 5 }
  })
  await expect(alice.sync.write(world.topic, 1, encodeUtf8('x'))).rejects.toMatchObject({ code: 'no-right' })
  for (const player of [alice, bob]) expect(await player.store.topics()).toEqual([])
})

test('[SY24] content that the documents refuse is told to its writer, and the chain goes on', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await expect(alice.sync.write(world.topic, 1, encodeUtf8(refusedText))).rejects.toMatchObject({ code: 'refused' })
  world.clock.advance(50)
  await alice.sync.write(world.topic, 2, encodeUtf8('fine'))
  expect(alice.texts(world.topic)).toEqual(['fine'])
  expect((await alice.store.read(world.topic, alice.device, 1, 9)).map((row) => row.state)).toEqual(['refused', 'opened'])
})

test('[SY48] close sends off what waits and nothing is written after it', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const writes = ['a', 'b'].map(async (text) => alice.sync.write(world.topic, 1, encodeUtf8(text)))
  await alice.sync.close()
  expect((await Promise.all(writes)).map((written) => written.seq)).toEqual([1, 2])
  await expect(alice.sync.write(world.topic, 1, encodeUtf8('c'))).rejects.toMatchObject({ code: 'closed' })
})

test('[SY49] a rebuild hands over what stands anew, so that what could not be written is forgotten', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('kept')
  await alice.sync.rebuild(world.topic)
  expect(alice.rebuilds).toEqual([world.topic])
  expect(alice.texts(world.topic)).toEqual(['kept'])
  await alice.say('next')
  expect(alice.texts(world.topic)).toEqual(['kept', 'next'])
  expect(alice.applied.at(-1)?.lamport).toBe(2)
})
