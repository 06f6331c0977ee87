/** Sessions with peers: comparing, sending, rights, bounds, ephemerals. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, TopicId } from '@poruch/base'
import { maxEphemeralBodySizeBytes } from '@poruch/sync'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame, FrameType } from '@poruch/sync/wire'
import { makeLinkPair, makeSyncWorld } from '@poruch/testkit/memory'
import type { LinkPair, SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

async function opened(world: SyncWorld, options: Parameters<SyncWorld['join']>[0] = {}): Promise<SyncPlayer> {
  const player = await world.join(options)
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

/** The types of the frames that pass, in both directions. */
function tap(pair: LinkPair): FrameType[] {
  const types: FrameType[] = []
  const note = (bytes: Bytes): void => {
    const frame = decodeFrame(bytes)
    if (frame.ok) types.push(frame.value.type)
  }
  pair.left.onFrame(note)
  pair.right.onFrame(note)
  return types
}

interface Script {
  readonly pair: LinkPair
  readonly sent: Frame[]
  readonly session: ReturnType<SyncPlayer['sync']['attachPeer']>
  say(...frames: readonly Frame[]): Promise<void>
}

async function scripted(world: SyncWorld, player: SyncPlayer, mayRead: (topic: TopicId) => boolean = () => true): Promise<Script> {
  const pair = makeLinkPair()
  const sent: Frame[] = []
  pair.right.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) sent.push(frame.value)
  })
  const session = player.sync.attachPeer({ link: pair.left, topics: () => world.topics, mayRead })
  await world.settle()
  return {
    pair,
    sent,
    session,
    say: async (...frames) => {
      for (const frame of frames) pair.right.send(encodeFrame(frame))
      await world.pass(50)
    },
  }
}

test('[SY30] two peers show each other’s messages, those from before and those to come', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  await alice.say('before')
  await bob.say('before too', world.topics[1])
  world.connect(alice, bob)
  await world.pass(500)
  await alice.say('hello')
  await bob.say('hi')
  await world.pass(500)
  for (const player of [alice, bob]) {
    expect(player.texts(world.topic)).toEqual(['before', 'hello', 'hi'])
    expect(player.texts(world.topics[1]!)).toEqual(['before too'])
    expect(player.log).toEqual([])
  }
})

test('[SY30] what is equal is told by one root, and only what differs by vectors', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  for (const topic of world.topics) await alice.say('same', topic)
  world.connect(alice, bob)
  await world.pass(500)
  const types = tap(world.connect(alice, bob))
  await world.pass(500)
  expect(types).toEqual(['ROOT', 'ROOT'])
})

test('[SY30] only topics that differ are compared in full', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  for (const topic of world.topics) await alice.say('same', topic)
  const first = world.connect(alice, bob)
  await world.pass(500)
  first.left.close('apart')
  await alice.say('news', world.topics[1])
  const types = tap(world.connect(alice, bob))
  await world.pass(500)
  expect(types.filter((type) => type === 'DIGESTS')).toHaveLength(2)
  expect(types.filter((type) => type === 'ENTRY')).toHaveLength(1)
  expect(bob.texts(world.topics[1]!)).toEqual(['same', 'news'])
})

test('[SY30] a message goes on through whoever has it, and not back to who sent it', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  const types = tap(world.connect(alice, bob))
  world.connect(bob, carol)
  await world.pass(500)
  await alice.say('far')
  await world.pass(500)
  expect(carol.texts(world.topic)).toEqual(['far'])
  expect(types.filter((type) => type === 'ENTRY')).toHaveLength(1)
})

test('[SY30] peers that know of no change say nothing', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const types = tap(world.connect(alice, bob))
  await alice.say('1')
  await bob.say('2')
  await world.pass(2000)
  const before = types.length
  await world.pass(60_000)
  expect(types).toHaveLength(before)
})

test('[SY35] who holds an envelope is counted while connected', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  const pair = world.connect(alice, bob)
  world.connect(alice, carol)
  await world.pass(300)
  await alice.say('1')
  expect(alice.sync.peersHolding(world.topic, alice.device, 1)).toBe(0)
  await world.pass(1000)
  expect(alice.sync.peersHolding(world.topic, alice.device, 1)).toBe(2)
  expect(alice.sync.peersHolding(world.topic, alice.device, 2)).toBe(0)
  pair.right.close('gone')
  expect(alice.sync.peersHolding(world.topic, alice.device, 1)).toBe(1)
})

test('[SY36] a topic that a peer may not read is neither sent, nor taken from it, nor named', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const secret = world.topics[1]!
  await alice.say('open')
  await alice.say('secret', secret)
  const script = await scripted(world, alice, (topic) => topic !== secret)
  const [row] = await alice.store.read(secret, alice.device, 1, 1)
  await script.say(
    { type: 'ROOT', root: '00'.repeat(32), topicCount: 0 },
    { type: 'DIGESTS', digests: world.topics.map((topic) => ({ topic, digest: '0000000000000000' })) },
    { type: 'VECTOR', topic: secret, heads: [] },
    { type: 'GAP', topic: secret, device: alice.device, have: 0 },
    { type: 'ENTRY', topic: secret, relaySeq: 0, envelope: row!.bytes },
  )
  await alice.say('more', secret)
  await alice.sync.ephemeral(secret, encodeUtf8('typing'))
  await world.pass(2000)
  const named = script.sent.flatMap((frame) => {
    if (frame.type === 'DIGESTS') return frame.digests.map((each) => each.topic)
    return 'topic' in frame ? [frame.topic] : []
  })
  expect(named).toContain(world.topic)
  expect(named).not.toContain(secret)
})

test('[SY36] the right is asked for each frame: it may end while a peer is connected', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  let may = true
  const script = await scripted(world, alice, () => may)
  await script.say({ type: 'VECTOR', topic: world.topic, heads: [] })
  await alice.say('1')
  may = false
  await alice.say('2')
  await world.pass(1000)
  expect(script.sent.filter((frame) => frame.type === 'ENTRY')).toHaveLength(1)
  may = true
  await alice.sync.authorityChanged()
  await world.pass(1000)
  await script.say({ type: 'VECTOR', topic: world.topic, heads: [{ device: alice.device, seq: 1 }] })
  expect(script.sent.filter((frame) => frame.type === 'ENTRY')).toHaveLength(2)
})

test('[SY30] what was told already is not told again, though the peer claims to hold more', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scripted(world, alice)
  for (let round = 0; round < 3; round++)
    await script.say({ type: 'VECTOR', topic: world.topic, heads: [{ device: 'ab'.repeat(32) as DeviceId, seq: 9 }] })
  expect(script.sent.filter((frame) => frame.type === 'VECTOR')).toHaveLength(1)
})

test('[SY36] what its author may not write is refused from a peer as from a relay', async () => {
  const world = makeSyncWorld()
  const [bob, carol] = [await opened(world), await opened(world, { pos: 12 })]
  const place = world.script.members.findIndex((member) => member.device === bob.device)
  const member = world.script.members[place]!
  await bob.say('mine')
  world.script.members[place] = { ...member, until: 5 }
  world.connect(bob, carol)
  await world.pass(1000)
  expect(carol.texts(world.topic)).toEqual([])
  expect(await carol.store.topics()).toEqual([])
  expect(carol.log).toEqual(['envelope-refused no-right'])
})

test('[SY37] a slow peer gets no more than its link takes, and everything in the end', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  for (let index = 0; index < 20; index++) {
    await alice.sync.write(world.topic, 1, new Uint8Array(190_000).fill(index + 1))
    await world.pass(50)
  }
  const pair = world.connect(alice, bob)
  await world.settle()
  pair.hold()
  await world.pass(500)
  expect(pair.left.bufferedBytes()).toBeLessThan(1_500_000)
  pair.release()
  await world.pass(3000)
  expect(bob.texts(world.topic)).toHaveLength(20)
})

test('[SY37] a GAP is answered from there on, and what was lost on the way is sent again', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (const text of ['1', '2', '3']) await alice.say(text)
  const script = await scripted(world, alice)
  await script.say({ type: 'VECTOR', topic: world.topic, heads: [] })
  const entries = (): number => script.sent.filter((frame) => frame.type === 'ENTRY').length
  expect(entries()).toBe(3)
  await script.say({ type: 'GAP', topic: world.topic, device: alice.device, have: 1 })
  expect(entries()).toBe(5)
  await script.say({ type: 'VECTOR', topic: world.topic, heads: [] })
  expect(entries()).toBe(5)
  await world.pass(2000)
  await script.say({ type: 'VECTOR', topic: world.topic, heads: [] })
  expect(entries()).toBe(8)
})

test('[SY38] typing reaches peers and relay, once, and is stored nowhere', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  world.connect(alice, bob)
  world.attach(alice)
  world.attach(bob)
  await world.pass(500)
  await alice.sync.ephemeral(world.topic, encodeUtf8('typing'))
  await world.settle()
  expect(bob.ephemerals).toEqual(['typing'])
  expect(alice.ephemerals).toEqual([])
  expect(await bob.store.topics()).toEqual([])
  expect(world.relay.rows(world.topic)).toEqual([])
})

test('[SY110] [SY111] a beacon reaches peers and relay, newer ones only, also who was shown another log, and is stored nowhere', async () => {
  const world = makeSyncWorld()
  const [alice, bob, carol] = [await opened(world), await opened(world), await opened(world)]
  const heard: string[] = []
  const tapped: Bytes[] = []
  for (const each of [bob, carol]) each.sync.onBeacon(({ user, counter }) => heard.push(`${user === alice.user} ${counter}`))
  const pair = world.connect(alice, bob)
  pair.right.onFrame((bytes) => (bytes[0] === 8 ? tapped.push(bytes) : undefined))
  for (const each of [alice, carol]) world.attach(each)
  await world.pass(500)
  const says = { isLeaving: false, session: '66'.repeat(16), head: { pos: 10, id: 'ea'.repeat(32) as EntryId }, heard: [], ends: [] }
  // From position 1 on, Carol knows other entries.
  const honest = carol.authority.headOf
  carol.authority.headOf = (topic, pos, hint) => (pos === 0 ? honest(topic, pos, hint) : 'differs')
  for (const counter of [1, 2]) alice.sync.tellBeacon(await alice.sync.sealBeacon(world.topic, { ...says, counter }))
  await world.settle()
  expect(heard.toSorted()).toEqual(['true 1', 'true 1', 'true 2', 'true 2'])
  for (const bytes of tapped.slice()) pair.left.send(bytes)
  await world.settle()
  expect(heard).toHaveLength(4)
  expect(await bob.store.topics()).toEqual([])
  expect(world.relay.rows(world.topic)).toEqual([])
})

test('[SY38] an ephemeral that is late, repeated, older than one heard, or from too far ahead is dropped', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const tapped: Bytes[] = []
  const pair = world.connect(alice, bob)
  pair.right.onFrame((bytes) => {
    if (bytes[0] === 8) tapped.push(bytes)
  })
  await world.settle()
  pair.hold()
  for (const text of ['1', '2', '3']) await alice.sync.ephemeral(world.topic, encodeUtf8(text))
  pair.release()
  await world.settle()
  expect(bob.ephemerals).toEqual(['1', '2', '3'])
  for (const bytes of tapped.slice()) pair.left.send(bytes)
  await world.settle()
  expect(bob.ephemerals).toHaveLength(3)
  const late = tapped[2]!
  world.clock.advance(31_000)
  const carol = await opened(world)
  const toCarol = await scripted(world, carol)
  toCarol.pair.right.send(late)
  await world.settle()
  expect(carol.ephemerals).toEqual([])
  world.clock.advance(-100_000)
  toCarol.pair.right.send(late)
  await world.settle()
  expect(carol.ephemerals).toEqual([])
})

test('[SY38] a removed member’s typing and a body over its bound are refused', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world, { pos: 12 })]
  await expect(alice.sync.ephemeral(world.topic, new Uint8Array(maxEphemeralBodySizeBytes + 1))).rejects.toMatchObject({
    code: 'too-large',
  })
  const place = world.script.members.findIndex((member) => member.device === alice.device)
  world.script.members[place] = { ...world.script.members[place]!, until: 12 }
  world.connect(alice, bob)
  await world.pass(200)
  await alice.sync.ephemeral(world.topic, encodeUtf8('still here'))
  await world.settle()
  expect(bob.ephemerals).toEqual([])
  expect(bob.log).toEqual(['ephemeral-refused no-right'])
})

test('[SY39] a peer’s frames of membership and keys pass, and what is a relay’s is refused', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  const script = await scripted(world, alice)
  const heard: Frame[] = []
  script.session.onControl((frame) => heard.push(frame))
  const loghead: Frame = { type: 'LOGHEAD', scope: world.script.scope, nextPos: 4 }
  script.sent.length = 0
  await script.say(loghead, { type: 'HEAD', topic: world.topic, relaySeq: 1 })
  script.pair.right.send(Uint8Array.of(250))
  await world.settle()
  expect(heard).toEqual([loghead])
  expect(script.sent).toEqual(['wrong-way', 'unknown-frame'].map((code) => ({ type: 'REFUSE', ref: 0, code, detail: '' })))
})

test('[SY30] three peers and a relay end with the same, whichever paths there are', async () => {
  const world = makeSyncWorld(7)
  const players = [await opened(world), await opened(world), await opened(world)]
  const [alice, bob, carol] = players as [SyncPlayer, SyncPlayer, SyncPlayer]
  world.attach(alice)
  world.attach(bob)
  const direct = world.connect(bob, carol)
  for (let round = 0; round < 6; round++) {
    await Promise.all(players.map(async (player, index) => player.sync.write(world.topic, 1, encodeUtf8(`${round}${index}`))))
    if (round === 2) direct.left.close('apart')
    if (round === 4) world.attach(carol)
    await world.pass(300)
  }
  await world.pass(40_000)
  const texts = alice.texts(world.topic).toSorted()
  expect(texts).toHaveLength(18)
  for (const player of players) {
    expect(player.texts(world.topic).toSorted()).toEqual(texts)
    expect(player.sync.topicState(world.topic).read()).toMatchObject({ waiting: 0, blocked: 0, gaps: [] })
  }
})
