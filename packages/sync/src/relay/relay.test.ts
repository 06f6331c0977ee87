/** Sessions with a relay: catching up, live entries, uploads, refusals, resets, delivery. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes, EnvelopeId, ScopeId, TopicId } from '@poruch/base'
import type { BulkReader } from '@poruch/sync'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import { makeLinkPair, makeSyncWorld } from '@poruch/testkit/memory'
import type { LinkPair, SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

async function opened(world: SyncWorld): Promise<SyncPlayer> {
  const player = await world.join()
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

interface Script {
  readonly pair: LinkPair
  readonly sent: Frame[]
  readonly session: ReturnType<SyncPlayer['sync']['attachRelay']>
  answer(frame: Frame): Promise<void>
  appends(): readonly FrameOf<'APPEND'>[]
}

/** A relay that says only what it is told to; its bulk answer is `frames`. */
async function scripted(world: SyncWorld, player: SyncPlayer, frames: () => readonly Frame[] = () => []): Promise<Script> {
  const pair = makeLinkPair()
  const sent: Frame[] = []
  pair.right.onFrame((bytes: Bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) sent.push(frame.value)
  })
  const bulk: BulkReader = {
    sync: async (_request, take) => {
      for (const frame of frames()) await take(encodeFrame(frame))
    },
  }
  const session = player.sync.attachRelay({ relay: 'scripted', link: pair.left, bulk, topics: () => world.topics })
  await world.settle()
  return {
    pair,
    sent,
    session,
    appends: () => sent.filter((frame) => frame.type === 'APPEND'),
    answer: async (frame) => {
      pair.right.send(encodeFrame(frame))
      await world.settle()
    },
  }
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
  const script = await scripted(world, carol, () =>
    isTold ? rows.map((row, index) => ({ type: 'ENTRY', topic: world.topic, relaySeq: index + 1, envelope: row.bytes }) as const) : [],
  )
  isTold = true
  await script.answer({ type: 'HEAD', topic: world.topic, relaySeq: 2 })
  expect(carol.texts(world.topic)).toEqual(['lost on the way', 'comes'])
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

test('[SY34] at most 64 appends are on their way, in the order of the chain', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (let index = 0; index < 100; index++) await alice.say(`${index}`)
  const script = await scripted(world, alice)
  expect(script.appends()).toHaveLength(64)
  expect(script.session.unsent.read()).toBe(100)
  const [first, second] = script.appends()
  await script.answer({ type: 'ACK', ref: first!.ref, relaySeq: 1 })
  await script.answer({ type: 'ACK', ref: second!.ref, relaySeq: 2 })
  expect(script.appends()).toHaveLength(66)
  expect(script.session.unsent.read()).toBe(98)
  const rows = await alice.store.read(world.topic, alice.device, 1, 66)
  expect(script.appends().map((frame) => frame.envelope)).toEqual(rows.map((row) => row.bytes))
})

test('[SY34] a chain that does not fit is sent again from its start, a few times; GAP names the place at once', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (const text of ['1', '2', '3']) await alice.say(text)
  const script = await scripted(world, alice)
  const answerAll = async (code: string): Promise<number> => {
    const before = script.appends().length
    for (const { ref } of script.appends().slice(answered)) await script.answer({ type: 'REFUSE', ref, code, detail: '' })
    answered = before
    return script.appends().length - before
  }
  let answered = 0
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(3)
  expect(await answerAll('chain')).toBe(0)
  expect(script.session.state.read().refusals).toEqual([{ topic: world.topic, device: alice.device, seq: 1, code: 'chain' }])
  await script.answer({ type: 'GAP', topic: world.topic, device: alice.device, have: 2 })
  expect(script.appends().slice(answered)).toHaveLength(1)
  expect(script.session.state.read().refusals).toEqual([])
})

test('[SY34] a final refusal stops that chain alone, is shown, and is tried again when membership changes', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  await bob.say('b')
  await world.pass(500)
  await alice.say('a1')
  await alice.say('a2')
  const script = await scripted(world, alice)
  const ofBob = script.appends().find((frame) => frame.envelope.length === script.appends()[0]!.envelope.length)
  const [row] = await alice.store.read(world.topic, bob.device, 1, 1)
  const refused = script.appends().find((frame) => frame.envelope.join() === row!.bytes.join())
  expect(ofBob).toBeDefined()
  for (const frame of script.appends().slice()) {
    if (frame === refused) await script.answer({ type: 'REFUSE', ref: frame.ref, code: 'no-right', detail: '' })
    else await script.answer({ type: 'ACK', ref: frame.ref, relaySeq: frame.ref })
  }
  expect(script.session.state.read().refusals).toEqual([{ topic: world.topic, device: bob.device, seq: 1, code: 'no-right' }])
  expect(script.session.unsent.read()).toBe(0)
  const before = script.appends().length
  await world.pass(60_000)
  expect(script.appends()).toHaveLength(before)
  await alice.sync.authorityChanged()
  await world.settle()
  expect(script.appends()).toHaveLength(before + 1)
})

test('[SY34] a refusal that passes is tried again after a while', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  const script = await scripted(world, alice)
  await script.answer({ type: 'REFUSE', ref: script.appends()[0]!.ref, code: 'busy', detail: '' })
  expect(script.appends()).toHaveLength(1)
  await world.pass(5000)
  expect(script.appends()).toHaveLength(2)
  expect(script.session.state.read().refusals).toEqual([])
})

test('[SY35] an envelope is on this device until a relay has acknowledged it, and that is known after a restart', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('device')
  const script = await scripted(world, alice)
  expect(script.session.unsent.read()).toBe(1)
  let changes = 0
  alice.sync.delivery.subscribe(() => changes++)
  await script.answer({ type: 'ACK', ref: script.appends()[0]!.ref, relaySeq: 1 })
  expect(changes).toBeGreaterThan(0)
  expect(script.session.unsent.read()).toBe(0)
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('relay')
  expect(alice.sync.deliveryOf(world.topic, alice.device, 2)).toBe('device')
  await script.session.close()
  const again = alice.openTab({ relays: ['scripted'] })
  await again.sync.openTopic(world.topic)
  expect(again.sync.deliveryOf(world.topic, alice.device, 1)).toBe('relay')
})

test('[SY31] a full link is left alone and gone on with', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (let index = 0; index < 8; index++) {
    await alice.sync.write(world.topic, 1, new Uint8Array(190_000).fill(index + 1))
    await world.pass(50)
  }
  const { bulk, pair } = world.relay.connect()
  pair.hold()
  const session = alice.sync.attachRelay({ relay: 'relay', link: pair.left, bulk, topics: () => world.topics })
  await world.pass(500)
  expect(pair.left.bufferedBytes()).toBeLessThan(1_500_000)
  pair.release()
  await world.pass(500)
  expect(world.relay.rows(world.topic)).toHaveLength(8)
  expect(session.unsent.read()).toBe(0)
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
  const script = await scripted(world, bob, () => [
    { type: 'ENTRY', topic: world.topic, relaySeq: 1, envelope: forged },
    { type: 'ENTRY', topic: world.topic, relaySeq: 2, envelope: row!.bytes },
    { type: 'ENTRY', topic: '99'.repeat(32) as TopicId, relaySeq: 1, envelope: row!.bytes },
    { type: 'HEAD', topic: world.topic, relaySeq: 2 },
  ])
  expect(bob.texts(world.topic)).toEqual(['honest'])
  expect(script.session.state.read().isCaughtUp).toBe(true)
  await script.session.close()
  expect(await bob.store.cursor('scripted', world.topic)).toMatchObject({ seq: 2, id: row!.id })
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
  const script = await scripted(world, alice)
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
  const script = await scripted(world, alice)
  script.sent.length = 0
  for (const bytes of [Uint8Array.of(200, 1), Uint8Array.of(2, 1), encodeFrame({ type: 'VECTOR', topic: world.topic, heads: [] })])
    script.pair.right.send(bytes)
  await world.settle()
  expect(script.sent).toEqual(['unknown-frame', 'bad-frame', 'wrong-way'].map((code) => ({ type: 'REFUSE', ref: 0, code, detail: '' })))
})

test('[SY48] a session ends with its link and nothing comes of it afterwards', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scripted(world, alice)
  script.pair.right.close('gone')
  expect(script.session.state.read().closed).toBe('gone')
  await alice.say('1')
  expect(script.appends()).toHaveLength(0)
  expect(script.session.sendControl({ type: 'KEYOK', ref: 1 })).toBe(false)
  expect(alice.sync.deliveryOf(world.topic, alice.device, 1)).toBe('device')
  expect((await alice.sync.write(world.topic, 1, encodeUtf8('2'))).id satisfies EnvelopeId).toHaveLength(64)
})
