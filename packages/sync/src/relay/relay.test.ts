/** Sessions with a relay: catching up, live entries, resets, what is not sync's. */
import { encodeUtf8 } from '@poruch/base'
import type { EnvelopeId, ScopeId, TopicId } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import { makeSyncWorld, scriptRelay } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

async function opened(world: SyncWorld): Promise<SyncPlayer> {
  const player = await world.join()
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

test('[SY31] carries messages to who comes later, in order, once', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const session = world.attach(alice)
  for (let index = 0; index < 20; index++) await alice.say(`${index}`)
  await session.close()
  const bobs = world.attach(bob)
  await world.pass(100)
  expect(bob.texts(world.topic)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`))
  expect(bobs.state.read()).toMatchObject({ isCaughtUp: true, fault: null })
})

test('[SY31] live entries pass both ways without asking again', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  world.attach(bob)
  await world.pass(200)
  const before = world.relay.bulkCount()
  for (let index = 0; index < 5; index++) {
    await alice.say(`a${index}`)
    await bob.say(`b${index}`)
  }
  await world.pass(100)
  expect(alice.texts(world.topic)).toEqual(bob.texts(world.topic))
  expect(alice.texts(world.topic)).toHaveLength(10)
  expect(world.relay.bulkCount()).toBe(before)
  expect(world.relay.answers).toEqual(Array.from({ length: 10 }, () => 'stored'))
})

test('[SY32] a cursor outlives a restart: only what is new is read', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  const first = world.attach(bob)
  await alice.say('1')
  await world.pass(2000)
  expect(await bob.store.cursor('relay', world.topic)).toMatchObject({ seq: 1, holds: { [alice.device]: 1 } })
  await first.close()
  await alice.say('2')
  const again = bob.openTab()
  await again.sync.openTopic(world.topic)
  world.attach(again)
  await world.pass(200)
  expect(again.texts(world.topic)).toEqual(['1', '2'])
  expect(await again.store.cursor('relay', world.topic)).toMatchObject({ seq: 1 })
  await again.sync.close()
  expect(await alice.disk.open().topics()).toEqual([world.topic])
})

test('[SY32] a cursor stays before an entry that waits in memory', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  world.attach(alice)
  await alice.say('1')
  const carol = await world.join({ pos: 4 })
  await carol.sync.openTopic(world.topic)
  world.attach(carol)
  await world.pass(2000)
  expect(carol.sync.topicState(world.topic).read().waiting).toBe(1)
  expect(await carol.store.cursor('relay', world.topic)).toMatchObject({ seq: 0 })
  carol.authority.learn(10)
  await carol.sync.authorityChanged()
  await world.pass(2000)
  expect(carol.texts(world.topic)).toEqual(['1'])
  expect(await carol.store.cursor('relay', world.topic)).toMatchObject({ seq: 1 })
})

test('[SY32] after RESET everything is read from the start, and the relay is given what it lost', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const first = world.attach(alice)
  await alice.say('1')
  await alice.say('2')
  const second = world.attach(bob)
  await world.pass(2000)
  await first.close()
  await second.close()
  world.relay.forget()
  world.attach(bob)
  await world.pass(3000)
  expect(world.relay.rows(world.topic)).toHaveLength(2)
  world.attach(alice)
  await world.pass(3000)
  await bob.say('3')
  expect(alice.texts(world.topic)).toEqual(['1', '2', '3'])
  expect(world.relay.rows(world.topic)).toHaveLength(3)
})

test('[SY33] an entry that is not the next, and a HEAD that is further, are fetched', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  world.attach(bob)
  await world.pass(200)
  world.relay.dropNext(1)
  await alice.say('lost on the way')
  expect(bob.texts(world.topic)).toEqual([])
  await alice.say('comes')
  await world.pass(100)
  expect(bob.texts(world.topic)).toEqual(['lost on the way', 'comes'])
  const rows = world.relay.rows(world.topic)
  const carol = await opened(world)
  let isTold = false
  const script = await scriptRelay(world, carol, () =>
    isTold ? rows.map((row, index) => ({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope: row.bytes }) as const) : [],
  )
  isTold = true
  await script.answer({ type: 'HEAD', topic: world.topic, relaySeq: 2 })
  expect(carol.texts(world.topic)).toEqual(['lost on the way', 'comes'])
})

test('[SY33] what an acknowledgement shows to be missing is fetched when it has not come by itself', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  await bob.say('before')
  const [row] = await bob.store.read(world.topic, bob.device, 1, 1)
  let isTold = false
  const script = await scriptRelay(world, alice, () =>
    isTold ? [{ type: 'ENTRY', topic: world.topic, relaySeq: 1, envelope: row!.bytes }] : [],
  )
  await alice.say('after')
  isTold = true
  await script.answer({ type: 'ACK', ref: script.appends()[0]!.ref, relaySeq: 2 })
  expect(alice.texts(world.topic)).toEqual(['after'])
  await world.pass(1000)
  expect(alice.texts(world.topic)).toEqual(['after', 'before'])
})

test('[SY33] entries that wait for their turn are not fetched when an own place in the order is known before them', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  for (const text of ['one', 'two', 'three']) await bob.say(text)
  let reads = 0
  const script = await scriptRelay(world, alice, () => {
    reads++
    return []
  })
  await alice.say('mine')
  const readBefore = reads
  for (const [index, { bytes }] of (await bob.store.read(world.topic, bob.device, 1, 3)).entries()) {
    script.pair.right.send(encodeFrame({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope: bytes }))
  }
  await script.answer({ type: 'ACK', ref: script.appends()[0]!.ref, relaySeq: 4 })
  await world.pass(5000)
  expect(alice.texts(world.topic)).toEqual(['mine', 'one', 'two', 'three'])
  expect(reads).toBe(readBefore)
})

test('[SY31] entries of a topic that this session does not keep are not taken', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await world.join(), await opened(world)]
  const other = world.topics[1]!
  await bob.say('1', other)
  const [row] = await bob.store.read(other, bob.device, 1, 1)
  const { pair, bulk } = world.relay.connect()
  alice.sync.attachRelay({ relay: 'relay', link: pair.left, bulk, topics: () => [world.topic] })
  await world.pass(100)
  await alice.sync.openTopic(other)
  pair.right.send(encodeFrame({ type: 'ENTRY', topic: other, relaySeq: 1, envelope: row!.bytes }))
  await world.pass(100)
  expect(alice.texts(other)).toEqual([])
})

test('[SY33] what was passed over in one session is asked for again in the next', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  world.attach(alice)
  for (const text of ['1', '2']) await alice.say(text)
  // On a chain of its own, written before she had read: it does not wait for what was passed over.
  await carol.say('of Carol')
  world.attach(carol)
  await world.pass(1000)
  const entries = world.relay
    .rows(world.topic)
    .map(({ bytes: envelope }, index) => ({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope }) as const)
  const [first, second, third] = entries
  if (!first || !second || !third) throw new Error('three envelopes')
  const lying = await scriptRelay(world, bob, () => [first])
  await lying.answer({ ...second, envelope: second.envelope.with(second.envelope.length - 1, 1 ^ second.envelope.at(-1)!) })
  await lying.answer(third)
  expect(bob.texts(world.topic)).toEqual(['1', 'of Carol'])
  await lying.session.close()
  await scriptRelay(world, bob, (fromSeq) => entries.filter(({ relaySeq }) => relaySeq > fromSeq))
  expect(bob.texts(world.topic).toSorted()).toEqual(['1', '2', 'of Carol'])
})

test('[SY33] while the relay cannot be read it is tried again, longer each time', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  await alice.say('1')
  world.relay.setOffline(true)
  const session = world.attach(bob)
  await world.pass(10_000)
  expect(session.state.read()).toMatchObject({ isCaughtUp: false, fault: 'offline' })
  expect(world.relay.bulkCount()).toBeLessThan(8)
  world.relay.setOffline(false)
  await world.pass(20_000)
  expect(bob.texts(world.topic)).toEqual(['1'])
  expect(session.state.read()).toMatchObject({ isCaughtUp: true, fault: null })
})

test('[SY33] a topic that the relay does not know holds nothing up and is asked for again', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  let isKnown = false
  const script = await scriptRelay(world, alice, undefined, (topic) => isKnown || topic !== world.topic)
  expect(script.session.state.read()).toMatchObject({ isCaughtUp: true, fault: null })
  expect(script.appends()).toHaveLength(0)
  isKnown = true
  await alice.sync.authorityChanged()
  await world.settle()
  expect(script.appends()).toHaveLength(1)
  const subs = (): number =>
    script.sent.flatMap((frame) => (frame.type === 'SUB' ? frame.topics : [])).filter((each) => each.topic === world.topic).length
  expect(subs()).toBe(1)
  await script.answer({ type: 'REFUSE', ref: 0, code: 'unknown-topic', detail: world.topic })
  await world.pass(3000)
  expect(subs()).toBe(2)
})

test('[SY31] a topic that is added later is read and kept in step', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  await alice.say('elsewhere', world.topics[1])
  const { pair, bulk } = world.relay.connect()
  const session = bob.sync.attachRelay({ relay: 'relay', link: pair.left, bulk, topics: () => [world.topic] })
  await world.pass(100)
  expect(bob.texts(world.topics[1]!)).toEqual([])
  session.addTopics(world.topics)
  session.addTopics(world.topics)
  await world.pass(100)
  await alice.say('again', world.topics[1])
  expect(bob.texts(world.topics[1]!)).toEqual(['elsewhere', 'again'])
})

test('[SY33] a relay’s forged entries are passed over, and the honest ones behind them are read', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  await alice.say('honest')
  const [row] = await alice.store.read(world.topic, alice.device, 1, 1)
  const forged = new Uint8Array(row!.bytes)
  forged[forged.length - 1]! ^= 1
  const script = await scriptRelay(world, bob, () => [
    { type: 'ENTRY', topic: world.topic, relaySeq: 1, envelope: forged },
    { type: 'ENTRY', topic: world.topic, relaySeq: 2, envelope: row!.bytes },
    { type: 'ENTRY', topic: '99'.repeat(32) as TopicId, relaySeq: 1, envelope: row!.bytes },
    { type: 'HEAD', topic: world.topic, relaySeq: 2 },
  ])
  expect(bob.texts(world.topic)).toEqual(['honest'])
  expect(script.session.state.read().isCaughtUp).toBe(true)
  await script.session.close()
  expect(await bob.store.cursor('scripted', world.topic)).toMatchObject({ seq: 0, id: null })
})

test('[SY33] a disk that fails while entries come in loses none of them', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.attach(alice)
  world.attach(bob)
  await alice.say('1')
  bob.disk.setCapacity(bob.disk.sizeBytes())
  await alice.say('2')
  await world.pass(500)
  expect(bob.texts(world.topic)).toEqual(['1'])
  bob.disk.setCapacity(1_000_000)
  await world.pass(40_000)
  expect(bob.texts(world.topic)).toEqual(['1', '2'])
})

test('[SY39] frames of membership and keys pass both ways and are not looked into', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scriptRelay(world, alice)
  const heard: Frame[] = []
  const stop = script.session.onControl((frame) => heard.push(frame))
  const moved: Frame = { type: 'MOVED', ref: 7, scope: world.script.scope, pos: 3, id: 'ab'.repeat(32) as never }
  await script.answer(moved)
  await script.answer({ type: 'REFUSE', ref: 4_000_000, code: 'busy', detail: '' })
  expect(heard).toEqual([moved, { type: 'REFUSE', ref: 4_000_000, code: 'busy', detail: '' }])
  const logsub: FrameOf<'LOGSUB'> = { type: 'LOGSUB', scope: 'aa'.repeat(32) as ScopeId, nextPos: 0, keyCursor: 0 }
  expect(script.session.sendControl(logsub)).toBe(true)
  await world.settle()
  expect(script.sent.at(-1)).toEqual(logsub)
  expect(new Set([script.session.nextRef(), script.session.nextRef()]).size).toBe(2)
  stop()
  await script.answer(moved)
  expect(heard).toHaveLength(2)
})

test('[SY39] what is unknown, broken or against the direction is answered with its code', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scriptRelay(world, alice)
  script.sent.length = 0
  for (const bytes of [Uint8Array.of(200, 1), Uint8Array.of(2, 1), encodeFrame({ type: 'VECTOR', topic: world.topic, heads: [] })])
    script.pair.right.send(bytes)
  await world.settle()
  expect(script.sent).toEqual(['unknown-frame', 'bad-frame', 'wrong-way'].map((code) => ({ type: 'REFUSE', ref: 0, code, detail: '' })))
})

test('[SY48] a session ends with its link and nothing comes of it afterwards', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scriptRelay(world, alice)
  script.pair.right.close('gone')
  expect(script.session.state.read().closed).toBe('gone')
  await alice.say('1')
  expect(script.appends()).toHaveLength(0)
  expect(script.session.sendControl({ type: 'KEYOK', ref: 1 })).toBe(false)
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('device')
  expect((await alice.sync.write(world.topic, 1, encodeUtf8('2'))).id satisfies EnvelopeId).toHaveLength(64)
})
