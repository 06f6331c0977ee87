/** A peer's right ends at any moment, and its link fills at any moment: both are asked before each frame. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import { makeLinkPair, makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { maxLinkBufferedBytes } from '../limits.ts'
import { digestOf } from './vectors.ts'

async function opened(world: SyncWorld): Promise<SyncPlayer> {
  const player = await world.join()
  for (const topic of world.topics) await player.sync.openTopic(topic)
  return player
}

test('[SY36] a right that ends while a chain is on its way stops the rest of it', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  for (const text of ['1', '2', '3']) await alice.say(text)
  const pair = makeLinkPair()
  let entries = 0
  const link = {
    ...pair.left,
    send: (frame: Bytes) => {
      if (frame[0] === 7) entries++
      return pair.left.send(frame)
    },
  }
  alice.sync.attachPeer({ link, topics: () => world.topics, mayRead: () => entries < 2 })
  pair.right.send(encodeFrame({ type: 'VECTOR', topic: world.topic, heads: [] }))
  await world.pass(1000)
  expect(entries).toBe(2)
})

test('[SY36] of a topic that a peer may not read, or that is not of this device, nothing is taken from it', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  const [, secret, elsewhere] = world.topics as [TopicId, TopicId, TopicId]
  for (const topic of [secret, elsewhere]) await bob.say('mine', topic)
  const pair = makeLinkPair()
  alice.sync.attachPeer({ link: pair.left, topics: () => [world.topic, secret], mayRead: (topic) => topic !== secret })
  for (const topic of [secret, elsewhere]) {
    const [row] = await bob.store.read(topic, bob.device, 1, 1)
    pair.right.send(encodeFrame({ type: 'ENTRY', topic, relaySeq: 0, envelope: row!.bytes }))
  }
  await world.pass(1000)
  expect(await alice.store.topics()).toEqual([])
  expect(alice.log.filter((line) => line.startsWith('peer-frame-ignored'))).toHaveLength(2)
})

test('[SY36] who holds what is not told when the right ends before the telling', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await opened(world), await opened(world)]
  for (const text of ['1', '2']) await bob.say(text)
  const [first, second] = await bob.store.read(world.topic, bob.device, 1, 2)
  let may = true
  const pair = makeLinkPair()
  const sent: Bytes[] = []
  pair.right.onFrame((frame) => sent.push(frame))
  alice.sync.attachPeer({ link: pair.left, topics: () => world.topics, mayRead: () => may })
  await world.settle()
  const give = (envelope: Bytes) => pair.right.send(encodeFrame({ type: 'ENTRY', topic: world.topic, relaySeq: 0, envelope }))
  give(first!.bytes)
  await world.pass(50)
  give(second!.bytes)
  await world.settle()
  sent.length = 0
  may = false
  await world.pass(1000)
  expect(sent).toEqual([])
  expect(alice.texts(world.topic)).toEqual(['1', '2'])
})

test('[SY37] nothing is put onto a link that is full', async () => {
  const world = makeSyncWorld()
  const alice = await opened(world)
  await alice.say('1')
  const pair = makeLinkPair()
  let entries = 0
  pair.right.onFrame((frame) => {
    if (frame[0] === 7) entries++
  })
  let buffered = maxLinkBufferedBytes + 1
  alice.sync.attachPeer({ link: { ...pair.left, bufferedBytes: () => buffered }, topics: () => world.topics, mayRead: () => true })
  pair.right.send(encodeFrame({ type: 'VECTOR', topic: world.topic, heads: [] }))
  await world.pass(500)
  expect(entries).toBe(0)
  buffered = 0
  await world.pass(500)
  expect(entries).toBe(1)
})

test('[SY30] the order in which chains came is not compared', async () => {
  const { suite } = makeSyncWorld()
  const heads = ['aa', 'bb', 'cc'].map((name, index) => ({
    device: name.repeat(32) as DeviceId,
    seq: index + 1,
    id: name.repeat(32) as EnvelopeId,
    pos: 1,
    lamport: 1,
  }))
  const digest = await digestOf(suite, heads)
  expect(await digestOf(suite, heads.toReversed())).toBe(digest)
  expect(await digestOf(suite, heads.slice(1))).not.toBe(digest)
})
