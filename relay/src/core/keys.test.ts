import type { Bytes } from '@poruch/base'
import { createEpoch, draftRemove, nextPlace, proposeAll, sealEpochKey } from '@poruch/identity'
import type { Frame } from '@poruch/sync/wire'
import { authorOf, directPlaceOf, makeDirectEpoch, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'

interface Stage extends Scene {
  readonly world: World
  readonly memory: ReturnType<typeof makeMemoryRelayLog>
  follower(name: string, keyCursor?: number): Promise<Peer>
}

async function stage(...names: readonly string[]): Promise<Stage> {
  const world = await setup(...names)
  const memory = makeMemoryRelayLog()
  await memory.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  const scene = await openScene({ ...world, log: memory, sequencerKey: world.sequencer, nowMs: worldNowMs })
  return { ...scene, world, memory, follower: async (name, keyCursor = 0) => follow(scene, world, name, keyCursor) }
}

// oxlint-disable-next-line max-params -- one line of a scene
async function follow(scene: Scene, world: World, name: string, keyCursor = 0): Promise<Peer> {
  const peer = await scene.connect(world.person(name))
  await peer.send({ type: 'LOGSUB', scope: world.scope, nextPos: world.records.length, keyCursor })
  await peer.settled()
  return peer
}

function put(record: Bytes, kind: 1 | 2 = 1): Frame {
  return { type: 'PUTKEY', ref: 2, kind, record }
}

async function sealed(world: World, from: string, to: string): Promise<Bytes> {
  const epoch = world.fold.epochs().at(-1)
  const key = epoch && world.epochKeys.get(epoch.gen)
  const reader = world.fold.member(world.person(to).userId)
  if (!epoch || !key || !reader) throw new Error('no epoch or reader')
  return sealEpochKey({ suite: world.suite, device: world.person(from).identity.device, scope: world.scope, epoch: epoch.id, key, reader })
}

describe('keys', () => {
  test('[RE40] a sealed key is kept before it is acknowledged, and given to its user alone, also to one who comes later', async () => {
    const scene = await stage('alice', 'bob', 'carol')
    const [alice, bob, carol] = [await scene.follower('alice'), await scene.follower('bob'), await scene.follower('carol')]
    const record = await sealed(scene.world, 'alice', 'bob')
    expect(await alice.ask(put(record), 'KEYOK')).toEqual({ type: 'KEYOK', ref: 2 })
    expect(await bob.next('KEY')).toEqual({ type: 'KEY', keyCursor: 1, kind: 1, record })
    expect(await alice.ask(put(record), 'KEYOK')).toEqual({ type: 'KEYOK', ref: 2 })
    await carol.settled()
    expect([...carol.received, ...alice.received].some((frame) => frame.type === 'KEY')).toBe(false)
    const later = await scene.follower('bob')
    expect((await later.next('KEY')).keyCursor).toBe(1)
    const known = await scene.follower('bob', 1)
    await known.settled()
    expect(known.received.some((frame) => frame.type === 'KEY')).toBe(false)
  })

  test('[RE41] refuses what is no key of this log, and more than four of one epoch for one user', async () => {
    const scene = await stage('alice', 'bob')
    const { world } = scene
    const alice = await scene.follower('alice')
    const refused = async (frame: Frame) => (await alice.ask(frame, 'REFUSE')).code
    expect(await refused(put(new Uint8Array([1, 2])))).toBe('unknown-scope')
    const good = await sealed(world, 'alice', 'bob')
    expect(await refused(put(good.map((byte, index) => (index === good.length - 1 ? byte ^ 1 : byte))))).toBe('bad-signature')
    for (let count = 0; count < 4; count++) await alice.ask(put(await sealed(world, 'alice', 'bob')), 'KEYOK')
    expect(await refused(put(await sealed(world, 'alice', 'bob')))).toBe('too-many-keys')
  })

  test('[RE42] a removed member adds no key and gets none', async () => {
    const scene = await stage('alice', 'bob')
    const { world } = scene
    const [alice, bob] = [await scene.follower('alice'), await scene.follower('bob')]
    const [bobs, forBob] = [await sealed(world, 'bob', 'alice'), await sealed(world, 'alice', 'bob')]
    const { userId } = world.person('bob')
    const readers = world.fold.members().filter((member) => member.user !== userId)
    const named = readers.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
    const gen = world.fold.epochs().length
    const { draft } = await createEpoch({ ...world, gen, readers: named, previousKey: world.epochKeys.get(gen - 1) ?? null })
    const drafts = [await draftRemove(world.suite, userId, []), draft]
    const made = await proposeAll(world.suite, nextPlace(world.fold), { drafts, author: authorOf(world.person('alice')) })
    await alice.ask({ type: 'PROPOSE', ref: 1, records: made.map(({ record }) => record) }, 'ORDERED')
    expect((await alice.ask(put(bobs), 'REFUSE')).code).toBe('bad-device')
    expect((await alice.ask(put(forBob), 'REFUSE')).code).toBe('no-reader')
    expect(bob.closed()?.code).toBe(4403)
  })

  test('[RE43] a direct epoch makes a chat of two known: both get it, both may write, a third may not even ask', async () => {
    const scene = await stage('alice', 'bob', 'carol')
    const { world, memory } = scene
    const { topic, scope } = await directPlaceOf(world, 'alice', 'bob')
    const sub: Frame = { type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }
    const [alice, bob, carol] = [await scene.follower('alice'), await scene.follower('bob'), await scene.follower('carol')]
    expect((await alice.ask(sub, 'REFUSE')).code).toBe('unknown-topic')
    const epoch = await makeDirectEpoch(world, { from: 'alice', to: 'bob' })
    expect((await carol.ask(put(epoch.bytes, 2), 'REFUSE')).code).toBe('no-right')
    await alice.ask(put(epoch.bytes, 2), 'KEYOK')
    expect(await bob.next('KEY')).toEqual({ type: 'KEY', keyCursor: 1, kind: 2, record: epoch.bytes })
    await alice.next('KEY')
    expect((await bob.ask(sub, 'HEAD')).relaySeq).toBe(0)
    expect((await carol.ask(sub, 'REFUSE')).code).toBe('unknown-topic')
    const { suite, fold } = world
    const written = await sceneEnvelope({
      suite,
      fold,
      person: world.person('alice'),
      topic,
      seq: 1,
      prev: null,
      direct: { scope, epoch },
    })
    await alice.ask({ type: 'APPEND', ref: 5, topic, envelope: written.bytes }, 'ACK')
    await bob.next('ENTRY')
    const again = await openScene({ ...world, log: memory.crash(), sequencerKey: world.sequencer, nowMs: worldNowMs })
    expect((await (await follow(again, world, 'bob')).ask(sub, 'HEAD')).relaySeq).toBe(1)
  })

  test('[RE44] an author’s direct epochs follow one another', async () => {
    const scene = await stage('alice', 'bob')
    const { world } = scene
    const alice = await scene.follower('alice')
    const first = await makeDirectEpoch(world, { from: 'alice', to: 'bob' })
    const other = await makeDirectEpoch(world, { from: 'alice', to: 'bob' })
    const second = await makeDirectEpoch(world, { from: 'alice', to: 'bob', previous: first })
    expect((await alice.ask(put(second.bytes, 2), 'REFUSE')).code).toBe('bad-chain')
    for (const { bytes } of [first, first, second, first]) await alice.ask(put(bytes, 2), 'KEYOK')
    expect((await alice.ask(put(other.bytes, 2), 'REFUSE')).code).toBe('bad-chain')
  })
})
