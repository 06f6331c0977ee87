import { idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import { draftAnchor, draftSetRole, nextPlace, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { roles, topicIdOf } from '@poruch/identity/fold'
import { decodeFrame, encodeSyncRequest } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { authorOf, directPlaceOf, makeDirectEpoch, setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'
import { maxUnconfirmedMs, minPackAgeMs } from './limits.ts'

const none = '0'.repeat(64)

let world: World
let scene: Scene
let topic: TopicId
let alice: Peer
let bob: Peer

beforeEach(async () => {
  world = await setupWith({ roles: { carol: roles.viewer } }, 'alice', 'bob', 'carol', 'dave')
  const log = makeMemoryRelayLog()
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
  topic = topicIdOf(world.channel, 0)
  alice = await scene.connect(world.person('alice'))
  bob = await scene.connect(world.person('bob'))
})

type Made = Awaited<ReturnType<typeof sceneEnvelope>>

async function packBy(
  name: string,
  prev: EnvelopeId | null = null,
  options: { pos?: number; branch?: number; kind?: number } = {},
): Promise<Made> {
  const { suite, fold } = world
  return sceneEnvelope({ suite, fold, person: world.person(name), topic, seq: 0, kind: 4, prev, ...options })
}

/** `ACK`, or the code of the refusal. */
async function offer(peer: Peer, { bytes }: Made, prev: EnvelopeId | null = null): Promise<string> {
  const ref = 1 + peer.received.length + Math.floor(1000 * peer.received.length)
  await peer.send({ type: 'COMPACT', ref, topic, prev: prev ?? none, envelope: bytes })
  await peer.settled()
  const answer = peer.received.find((frame) => (frame.type === 'ACK' || frame.type === 'REFUSE') && frame.ref === ref)
  return answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none')
}

async function say(peer: Peer, name: string, count: number): Promise<Made[]> {
  const { suite, fold } = world
  const made: Made[] = []
  for (let seq = 1; seq <= count; seq++) {
    made.push(await sceneEnvelope({ suite, fold, person: world.person(name), topic, seq, prev: made.at(-1)?.id ?? null }))
    await peer.ask({ type: 'APPEND', ref: seq, topic, envelope: made.at(-1)?.bytes ?? new Uint8Array(0) }, 'ACK')
  }
  return made
}

async function bulk(peer: Peer, relaySeq = 0): Promise<readonly Frame[]> {
  const frames = scene.core.bulk(peer.token, encodeSyncRequest([{ topic, relaySeq, idPrefix: '00000000' }]))
  if (typeof frames === 'string') throw new Error(frames)
  const read: Frame[] = []
  for await (const bytes of frames) {
    const frame = decodeFrame(bytes)
    if (frame.ok) read.push(frame.value)
  }
  return read
}

function shapeOf(frames: readonly Frame[]): string[] {
  return frames.map((frame) => ('relaySeq' in frame ? `${frame.type} ${frame.relaySeq}` : frame.type))
}

/** A word for a pack and the ends of its chains, ordered by the relay. */
async function word(
  peer: Peer,
  name: string,
  pack: EnvelopeId,
  ends: readonly { name: string; seq: number; id: EnvelopeId }[],
): Promise<void> {
  const frontier = ends.map((end) => ({ topic, device: world.person(end.name).device, seq: end.seq, id: end.id }))
  const draft = await draftAnchor(world.suite, { topic, snapshot: idToBytes(pack), frontier })
  await order(peer, name, draft)
}

async function order(peer: Peer, name: string, draft: Draft): Promise<void> {
  const { suite, fold } = world
  const proposals = await proposeAll(suite, nextPlace(fold), { drafts: [draft], author: authorOf(world.person(name)) })
  const judged = await world.order(proposals)
  if (!judged.ok) throw new Error(judged.reason)
  await peer.send({ type: 'PROPOSE', ref: 900, records: proposals.map(({ record }) => record) })
  await peer.settled()
}

describe('COMPACT', () => {
  test('[RE45] keeps a pack, acknowledges it, and sends it to those who follow', async () => {
    await bob.ask({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }, 'HEAD')
    const pack = await packBy('alice')
    expect(await offer(alice, pack)).toBe('ACK')
    expect(await bob.next('PACK')).toEqual({ type: 'PACK', topic, relaySeq: 0, prev: none, envelope: pack.bytes })
    expect(await offer(alice, pack)).toBe('ACK')
    expect(await scene.log.readCompacts(topic, 4, 0, 9)).toHaveLength(1)
  })

  test('[RE46] refuses who may not write or is no editor, also who gives another’s, and a forged one', async () => {
    const carol = await scene.connect(world.person('carol'))
    expect(await offer(carol, await packBy('carol'))).toBe('no-right')
    const pack = await packBy('alice')
    expect(await offer(carol, pack)).toBe('no-right')
    const forged = { ...pack, bytes: pack.bytes.slice() }
    forged.bytes[60] = (forged.bytes[60] ?? 0) ^ 1
    expect(await offer(alice, forged)).toBe('bad-signature')
    expect(await scene.log.readCompacts(topic, 4, 0, 9)).toEqual([])
    expect(await offer(bob, pack)).toBe('ACK')
  })

  test('[RE46] refuses a right of the past', async () => {
    const pos = world.fold.head()?.pos ?? 0
    await order(alice, 'alice', await draftSetRole(world.suite, { user: world.person('bob').userId, role: roles.commenter, cuts: [] }))
    expect(await offer(bob, await packBy('bob', null, { pos }))).toBe('no-right')
  })

  test('[RE47] compares and sets: a pack that follows another than the last one is stale', async () => {
    const first = await packBy('alice')
    expect(await offer(alice, first)).toBe('ACK')
    expect(await offer(bob, await packBy('bob'))).toBe('stale-prev')
    expect(await offer(bob, await packBy('bob', first.id), null)).toBe('prev-differs')
    expect(await offer(bob, await packBy('bob', first.id), first.id)).toBe('ACK')
    expect(await offer(alice, await packBy('alice', first.id, { branch: 3 }), first.id)).toBe('stale-prev')
  })

  test('[RE48] hands out packs after the one that is named, to who may read', async () => {
    const first = await packBy('alice')
    const second = await packBy('alice', first.id)
    await offer(alice, first)
    await offer(alice, second, first.id)
    await bob.send({ type: 'PACKWANT', topic, after: first.id })
    expect((await bob.next('PACK')).prev).toBe(first.id)
    await bob.send({ type: 'PACKWANT', topic: 'ab'.repeat(32) as TopicId, after: none })
    expect(await bob.next('REFUSE')).toMatchObject({ code: 'unknown-topic' })
  })
})

describe('a pack that nobody confirms', () => {
  test('[RE179] gives its place to another user’s after a day, with what follows it', async () => {
    const said = await say(alice, 'alice', 3)
    const first = await packBy('alice')
    const wrong = await packBy('bob', first.id)
    const behind = await packBy('bob', wrong.id)
    expect(await offer(alice, first)).toBe('ACK')
    expect(await offer(bob, wrong, first.id)).toBe('ACK')
    expect(await offer(bob, behind, wrong.id)).toBe('ACK')
    const right = await packBy('alice', first.id, { branch: 5 })
    expect(await offer(alice, right, first.id)).toBe('stale-prev')
    scene.clock.advance(maxUnconfirmedMs)
    // Not by its author, and only from where it stands.
    expect(await offer(bob, await packBy('bob', first.id, { branch: 6 }), first.id)).toBe('stale-prev')
    expect(await offer(alice, await packBy('alice', 'ab'.repeat(32) as EnvelopeId, { branch: 7 }), 'ab'.repeat(32) as EnvelopeId)).toBe(
      'stale-prev',
    )
    expect(await offer(alice, right, first.id)).toBe('ACK')
    expect((await scene.log.readCompacts(topic, 4, 0, 9)).map(({ id }) => id)).toEqual([first.id, right.id])
    await bob.send({ type: 'PACKWANT', topic, after: behind.id })
    await bob.settled()
    expect(bob.received.filter((frame) => frame.type === 'PACK')).toHaveLength(2)
    expect(said).toHaveLength(3)
  })

  test('[RE179] keeps its place once others have confirmed it, or one behind it', async () => {
    const said = await say(alice, 'alice', 3)
    const first = await packBy('bob')
    const second = await packBy('bob', first.id)
    await offer(bob, first)
    await offer(bob, second, first.id)
    const end = { name: 'alice', seq: 3, id: said[2]?.id as EnvelopeId }
    const dave = await scene.connect(world.person('dave'))
    for (const [peer, name] of [
      [alice, 'alice'],
      [dave, 'dave'],
    ] as const)
      await word(peer, name, second.id, [end])
    scene.clock.advance(maxUnconfirmedMs)
    expect(await offer(alice, await packBy('alice', null, { branch: 5 }))).toBe('stale-prev')
  })

  test('[RE179] is not replaced by one that covers less', async () => {
    const said = await say(alice, 'alice', 3)
    const endAt = (seq: number): Bytes => {
      const id = said[seq - 1]?.id as EnvelopeId
      return makeByteWriter()
        .raw(idToBytes(world.person('alice').device))
        .u32(seq)
        .raw(idToBytes(id))
        .done()
    }
    const made = async (name: string, seq: number): Promise<Made> =>
      sceneEnvelope({ ...world, person: world.person(name), topic, seq: 1, kind: 4, prev: null, ends: endAt(seq) })
    expect(await offer(bob, await made('bob', 2))).toBe('ACK')
    scene.clock.advance(maxUnconfirmedMs)
    expect(await offer(alice, await made('alice', 1))).toBe('stale-prev')
    expect(await offer(alice, await made('alice', 3))).toBe('ACK')
  })
})

describe('trimming', () => {
  test('[RE49] happens once others have confirmed the pack and it is seven days old, and a newcomer gets pack and tail', async () => {
    const said = await say(alice, 'alice', 5)
    const pack = await packBy('bob')
    await offer(bob, pack)
    const end = { name: 'alice', seq: 4, id: said[3]?.id as EnvelopeId }
    const everything = ['ENTRY 1', 'ENTRY 2', 'ENTRY 3', 'ENTRY 4', 'ENTRY 5', 'HEAD 5']
    scene.clock.advance(minPackAgeMs)
    expect(shapeOf(await bulk(alice))).toEqual(everything)
    await word(alice, 'alice', pack.id, [end])
    expect(shapeOf(await bulk(alice))).toEqual(everything)
    const dave = await scene.connect(world.person('dave'))
    await word(dave, 'dave', pack.id, [end])
    expect(shapeOf(await bulk(alice))).toEqual(['PACK 3', 'ENTRY 4', 'ENTRY 5', 'HEAD 5'])
    // Whoever read further than the pack stands for is not given it again.
    expect(shapeOf(await bulk(alice, 3))).toEqual(['ENTRY 4', 'ENTRY 5', 'HEAD 5'])
    expect(shapeOf(await bulk(alice, 2))).toEqual(['PACK 3', 'ENTRY 4', 'ENTRY 5', 'HEAD 5'])
  })

  test('[RE49] does not happen before the seven days', async () => {
    const said = await say(alice, 'alice', 3)
    const pack = await packBy('bob')
    await offer(bob, pack)
    const end = { name: 'alice', seq: 3, id: said[2]?.id as EnvelopeId }
    const dave = await scene.connect(world.person('dave'))
    await word(alice, 'alice', pack.id, [end])
    await word(dave, 'dave', pack.id, [end])
    expect(shapeOf(await bulk(alice))).toHaveLength(4)
    scene.clock.advance(minPackAgeMs)
    await order(alice, 'alice', await draftSetRole(world.suite, { user: world.person('dave').userId, role: roles.commenter, cuts: [] }))
    expect(shapeOf(await bulk(alice))).toEqual(['PACK 2', 'ENTRY 3', 'HEAD 3'])
  })

  test('[RE49] never takes the author’s own word, nor ends that this chain does not have', async () => {
    const said = await say(alice, 'alice', 3)
    const everything = ['ENTRY 1', 'ENTRY 2', 'ENTRY 3', 'HEAD 3']
    const pack = await packBy('bob')
    await offer(bob, pack)
    scene.clock.advance(minPackAgeMs)
    const end = { name: 'alice', seq: 3, id: said[2]?.id as EnvelopeId }
    const dave = await scene.connect(world.person('dave'))
    await word(bob, 'bob', pack.id, [end])
    await word(alice, 'alice', pack.id, [end])
    expect(shapeOf(await bulk(alice))).toEqual(everything)
    const other = { ...end, id: 'ab'.repeat(32) as EnvelopeId }
    const second = await packBy('bob', pack.id)
    await offer(bob, second, pack.id)
    scene.clock.advance(minPackAgeMs)
    await word(alice, 'alice', second.id, [other])
    await word(dave, 'dave', second.id, [other])
    expect(shapeOf(await bulk(alice))).toEqual(everything)
  })

  test('[RE49] leaves chains open: they go on, and what is sent again is told where', async () => {
    const said = await say(alice, 'alice', 4)
    const pack = await packBy('bob')
    await offer(bob, pack)
    scene.clock.advance(minPackAgeMs)
    const dave = await scene.connect(world.person('dave'))
    for (const [peer, name] of [
      [alice, 'alice'],
      [dave, 'dave'],
    ] as const) {
      await word(peer, name, pack.id, [{ name: 'alice', seq: 4, id: said[3]?.id as EnvelopeId }])
    }
    const { suite, fold } = world
    const next = await sceneEnvelope({ suite, fold, person: world.person('alice'), topic, seq: 5, prev: said[3]?.id ?? null })
    await alice.send({ type: 'APPEND', ref: 50, topic, envelope: said[0]?.bytes ?? new Uint8Array(0) })
    expect(await alice.next('GAP')).toMatchObject({ have: 4 })
    await alice.send({ type: 'APPEND', ref: 51, topic, envelope: next.bytes })
    await alice.settled()
    expect(alice.received).toContainEqual({ type: 'ACK', ref: 51, relaySeq: 5 })
  })
})

describe('a relay that has lost what packs stand for', () => {
  const base = async (peer: Peer, made: Made | undefined, prev: EnvelopeId | undefined): Promise<string> => {
    const ref = 5000 + peer.received.length
    await peer.send({ type: 'BASE', ref, topic, prev: prev ?? none, envelope: made?.bytes ?? new Uint8Array(0) })
    await peer.settled()
    const answer = peer.received.find((frame) => (frame.type === 'ACK' || frame.type === 'REFUSE') && frame.ref === ref)
    return answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none')
  }
  const chain = async (name: string, count: number): Promise<Made[]> => {
    const made: Made[] = []
    for (let seq = 1; seq <= count; seq++)
      made.push(await sceneEnvelope({ ...world, person: world.person(name), topic, seq, prev: made.at(-1)?.id ?? null }))
    return made
  }

  test('[RE176] takes the end of a confirmed pack, and the chain goes on behind it', async () => {
    const said = await chain('alice', 5)
    const pack = await packBy('bob')
    const end = { name: 'alice', seq: 4, id: said[3]?.id as EnvelopeId }
    expect(await base(alice, said[3], said[2]?.id)).toBe('no-pack')
    await offer(bob, pack)
    await word(alice, 'alice', pack.id, [end])
    expect(await base(alice, said[3], said[2]?.id)).toBe('no-pack')
    const dave = await scene.connect(world.person('dave'))
    await word(dave, 'dave', pack.id, [end])
    expect(await base(alice, said[3], said[1]?.id)).toBe('prev-differs')
    const alike = `${said[2]?.id.slice(0, 8)}${'00'.repeat(28)}` as EnvelopeId
    expect(await base(alice, said[3], alike)).toBe('bad-signature')
    expect(await base(alice, said[4], said[3]?.id)).toBe('no-pack')
    expect(await base(alice, said[3], said[2]?.id)).toBe('ACK')
    expect(await base(alice, said[3], said[2]?.id)).toBe('ACK')
    await alice.send({ type: 'APPEND', ref: 77, topic, envelope: said[4]?.bytes ?? new Uint8Array(0) })
    await alice.settled()
    expect(alice.received).toContainEqual({ type: 'ACK', ref: 77, relaySeq: 2 })
    expect(shapeOf(await bulk(bob))).toEqual(['PACK 1', 'ENTRY 1', 'ENTRY 2', 'HEAD 2'])
  })

  test('[RE176] is not moved by it where the chain is here', async () => {
    const said = await say(alice, 'alice', 5)
    const pack = await packBy('bob')
    await offer(bob, pack)
    const dave = await scene.connect(world.person('dave'))
    const end = { name: 'alice', seq: 4, id: said[3]?.id as EnvelopeId }
    for (const [peer, name] of [
      [alice, 'alice'],
      [dave, 'dave'],
    ] as const)
      await word(peer, name, pack.id, [end])
    expect(await base(bob, said[3], said[2]?.id)).toBe('ACK')
    expect(shapeOf(await bulk(bob))).toHaveLength(6)
  })

  test('[RE177] in a 1:1 takes the end that a pack names once the other one’s pack follows it', async () => {
    const epoch = await makeDirectEpoch(world, { from: 'alice', to: 'bob' })
    await alice.ask({ type: 'PUTKEY', ref: 1, kind: 2, record: epoch.bytes }, 'KEYOK')
    const other = await makeDirectEpoch(world, { from: 'bob', to: 'alice' })
    await bob.ask({ type: 'PUTKEY', ref: 1, kind: 2, record: other.bytes }, 'KEYOK')
    const place = await directPlaceOf(world, 'alice', 'bob')
    const { scope } = place
    topic = place.topic
    const made = async (
      name: 'alice' | 'bob',
      options: { seq: number; prev: EnvelopeId | null; kind?: number; ends?: Bytes },
    ): Promise<Made> =>
      sceneEnvelope({
        ...world,
        person: world.person(name),
        topic,
        direct: { scope, epoch: name === 'alice' ? epoch : other },
        ...options,
      })
    const first = await made('alice', { seq: 1, prev: null })
    const second = await made('alice', { seq: 2, prev: first.id })
    const ends = makeByteWriter()
      .raw(idToBytes(world.person('alice').device))
      .u32(2)
      .raw(idToBytes(second.id))
      .done()
    const pack = await made('alice', { seq: 1, prev: null, kind: 4, ends })
    expect(await offer(alice, pack)).toBe('ACK')
    expect(await offer(alice, await made('alice', { seq: 1, prev: pack.id, kind: 4, ends }), pack.id)).toBe('ACK')
    expect(await base(alice, second, first.id)).toBe('no-pack')
    const [, last] = await scene.log.readCompacts(topic, 4, 0, 9)
    expect(await offer(bob, await made('bob', { seq: 1, prev: last?.id ?? null, kind: 4, ends }), last?.id ?? null)).toBe('ACK')
    expect(await base(bob, second, first.id)).toBe('ACK')
    // The second one says the first again: it comes in its place, then what is left of that.
    expect(shapeOf(await bulk(alice))).toEqual(['PACK 1', 'PACK 1', 'ENTRY 1', 'HEAD 1'])
  })
})
