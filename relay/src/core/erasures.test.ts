import { concatBytes } from '@poruch/base'
import type { Bytes, EntryId, EnvelopeId, EpochId, TopicId } from '@poruch/base'
import { roles, topicIdOf } from '@poruch/identity/fold'
import { decodeEnvelope, decodeFrame, encodeErased, encodeSyncRequest, encodeTarget, isErasedForm } from '@poruch/sync/wire'
import type { EraseTarget } from '@poruch/sync/wire'
import { setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { beforeEach, expect, test } from 'vitest'
import { makeLeftHeads } from './left-heads.ts'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'

let world: World
let scene: Scene
let topic: TopicId
let alice: Peer
let bob: Peer

type Made = Awaited<ReturnType<typeof sceneEnvelope>>

beforeEach(async () => {
  world = await setupWith({ roles: { carol: roles.viewer } }, 'alice', 'bob', 'carol')
  const log = makeMemoryRelayLog()
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
  topic = topicIdOf(world.channel, 0)
  alice = await scene.connect(world.person('alice'))
  bob = await scene.connect(world.person('bob'))
})

async function made(name: string, seq: number, prev: Made | null, erases?: EraseTarget): Promise<Made> {
  const kind = erases ? { kind: 7, ends: encodeTarget(erases) } : { sizeBytes: 500, branch: seq }
  return sceneEnvelope({ ...world, person: world.person(name), topic, seq, prev: prev?.id ?? null, ...kind })
}

const targetOf = (name: string, seq: number, { id }: { id: EnvelopeId }): EraseTarget => ({ device: world.person(name).device, seq, id })

/** `ACK`, or the code of the refusal. */
async function give(peer: Peer, envelope: Bytes): Promise<string> {
  const ref = 1 + peer.received.length
  await peer.send({ type: 'APPEND', ref, topic, envelope })
  await peer.settled()
  const answer = peer.received.find((frame) => (frame.type === 'ACK' || frame.type === 'REFUSE') && frame.ref === ref)
  return answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none')
}

const erasedIn = async (): Promise<boolean[]> => (await scene.log.read(topic, 0, 99)).map(({ bytes }) => isErasedForm(bytes))

test('[RE178] an Erase takes what it names from the disk; its places and the chain stay, and readers get what is left', async () => {
  const first = await made('bob', 1, null)
  const second = await made('bob', 2, first)
  const erase = await made('bob', 3, second, targetOf('bob', 1, first))
  for (const { bytes } of [first, second, erase]) expect(await give(bob, bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([true, false, false])
  const [row] = await scene.log.read(topic, 0, 1)
  expect(row).toMatchObject({ id: first.id, relaySeq: 1 })
  expect(row?.bytes.length).toBeLessThan(first.bytes.length)
  // Sent again it does not come back.
  expect(await give(alice, first.bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([true, false, false])
  const frames = scene.core.bulk(alice.token, encodeSyncRequest([{ topic, relaySeq: 0, idPrefix: '00000000' }]))
  if (typeof frames === 'string') throw new Error(frames)
  for await (const frame of frames) expect(Buffer.from(frame).includes(Buffer.from(first.bytes.subarray(60, 200)))).toBe(false)
})

test('[RE178] by a stranger to it, by a viewer, or of another’s name it takes nothing; by an admin it does', async () => {
  const first = await made('alice', 1, null)
  expect(await give(alice, first.bytes)).toBe('ACK')
  expect(await give(bob, (await made('bob', 1, null, targetOf('alice', 1, first))).bytes)).toBe('no-right')
  const carol = await scene.connect(world.person('carol'))
  expect(await give(carol, (await made('carol', 1, null, targetOf('carol', 1, first))).bytes)).toBe('no-right')
  // His own name over her envelope, and one that does not exist.
  const confused = await made('bob', 1, null, { ...targetOf('alice', 1, first), device: world.person('bob').device })
  expect(await give(bob, confused.bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([false, false])
  const his = await made('bob', 2, confused)
  expect(await give(bob, his.bytes)).toBe('ACK')
  expect(await give(alice, (await made('alice', 2, first, targetOf('bob', 2, his))).bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([false, false, true, false])
})

test('[RE178] a crash before it was done is made up for, and what comes later is taken as what is left', async () => {
  const first = await made('bob', 1, null)
  const second = await made('bob', 2, first)
  const erase = await made('bob', 3, second, targetOf('bob', 1, first))
  const late = await made('alice', 1, null)
  for (const { bytes } of [first, second]) await give(bob, bytes)
  const { log } = scene
  // The disk fails between the Erase and what it takes.
  const broken = { ...log, erase: () => Promise.reject(new Error('crash')) }
  scene = await openScene({ ...world, log: broken, sequencerKey: world.sequencer, nowMs: worldNowMs })
  const again = await scene.connect(world.person('bob'))
  await give(again, erase.bytes)
  expect(await erasedIn()).toEqual([false, false, false])
  scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
  expect(await erasedIn()).toEqual([true, false, false])
  const admin = await scene.connect(world.person('alice'))
  // She erases what has not come yet: her own next one, by the same chain from elsewhere.
  const ahead = await made('alice', 2, late, targetOf('bob', 4, { id: (await made('bob', 4, erase)).id }))
  for (const { bytes } of [late, ahead]) expect(await give(admin, bytes)).toBe('ACK')
  const bobAgain = await scene.connect(world.person('bob'))
  expect(await give(bobAgain, (await made('bob', 4, erase)).bytes)).toBe('ACK')
  expect((await erasedIn()).at(-1)).toBe(true)
})

test('[RE178] a relay that lost all is brought what is left, and takes no content’s absence without its Erase', async () => {
  const first = await made('bob', 1, null)
  const second = await made('bob', 2, first)
  const erase = await made('bob', 3, second, targetOf('bob', 1, first))
  const form = decodeEnvelope(first.bytes)
  if (!form.ok) throw new Error('no envelope')
  const left = encodeErased(form.value, { ctHash: await world.suite.sha256(form.value.ct), erasePrev: second.id, erase: erase.bytes })
  expect(await give(alice, encodeErased(form.value, { ctHash: new Uint8Array(32), erasePrev: second.id, erase: erase.bytes }))).toBe(
    'no-erase',
  )
  const other = await made('bob', 3, second, targetOf('bob', 2, second))
  expect(
    await give(
      alice,
      encodeErased(form.value, { ctHash: await world.suite.sha256(form.value.ct), erasePrev: second.id, erase: other.bytes }),
    ),
  ).toBe('no-erase')
  expect(await give(alice, concatBytes(left, Uint8Array.of(0)))).toBe('no-erase')
  for (const bytes of [left, second.bytes, erase.bytes]) expect(await give(alice, bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([true, false, false])
})

test('[RE192] an Erase takes the content of another branch, too, and of what comes of it later', async () => {
  const stood = await made('bob', 1, null)
  const other = await sceneEnvelope({ ...world, person: world.person('bob'), topic, seq: 1, prev: null, branch: 9, sizeBytes: 500 })
  expect(await give(bob, stood.bytes)).toBe('ACK')
  expect(await give(bob, other.bytes)).toBe('fork')
  const erase = await made('bob', 2, stood, targetOf('bob', 1, other))
  expect(await give(bob, erase.bytes)).toBe('ACK')
  expect(await erasedIn()).toEqual([false, false])
  const copies = async (): Promise<boolean[]> =>
    (await scene.log.readSide('fork', topic, 0, 9)).map(({ value }) => {
      const frame = decodeFrame(value.subarray(32))
      return frame.ok && frame.value.type === 'CTX' && isErasedForm(frame.value.envelope)
    })
  expect(await copies()).toEqual([true])
  // Told again, to this relay and to the next start, it does not come back.
  expect(await give(alice, other.bytes)).toBe('fork')
  scene = await openScene({ ...world, log: scene.log, sequencerKey: world.sequencer, nowMs: worldNowMs })
  alice = await scene.connect(world.person('alice'))
  expect(await give(alice, other.bytes)).toBe('fork')
  expect(await copies()).toEqual([true])
  const late = await sceneEnvelope({ ...world, person: world.person('bob'), topic, seq: 1, prev: null, branch: 11, sizeBytes: 500 })
  bob = await scene.connect(world.person('bob'))
  expect(await give(bob, (await made('bob', 3, erase, targetOf('bob', 1, late))).bytes)).toBe('ACK')
  expect(await give(alice, late.bytes)).toBe('fork')
  expect(await copies()).toEqual([true, true])
  const frames = scene.core.bulk(alice.token, encodeSyncRequest([{ topic, relaySeq: 0, idPrefix: '00000000' }]))
  if (typeof frames === 'string') throw new Error(frames)
  for await (const frame of frames)
    for (const { bytes } of [other, late]) expect(Buffer.from(frame).includes(Buffer.from(bytes.subarray(60, 200)))).toBe(false)
})

test('[RE192] an Erase takes the content of an envelope that tells of an entry which owners have left', async () => {
  const { suite, scope, fold } = world
  const log = makeMemoryRelayLog()
  const left = makeLeftHeads({ ...world, log, clock: scene.clock, sequencerKey: world.sequencer, setup: null })
  const told = await made('bob', 1, null)
  const other = await made('alice', 1, null)
  const { pos, id: head } = fold.head() ?? { pos: 0, id: '' as EntryId }
  const epoch = fold.epochs().at(-1)?.id as EpochId
  const frame = { type: 'CTX', topic, prev: '00'.repeat(32), head, epoch } as const
  await left.note(scope, { ...frame, envelope: told.bytes }, pos)
  await left.note(scope, { ...frame, head: 'ab'.repeat(32) as EntryId, envelope: other.bytes }, pos)
  const erase = await made('bob', 2, told, targetOf('bob', 1, told))
  const leave = async (envelope: Bytes): Promise<Bytes | null> => {
    const form = decodeEnvelope(envelope)
    return form.ok ? encodeErased(form.value, { ctHash: await suite.sha256(form.value.ct), erasePrev: told.id, erase: erase.bytes }) : null
  }
  await left.erase(topic, { ...targetOf('bob', 1, told), seq: 2 }, leave)
  await left.erase(topic, { ...targetOf('bob', 1, told), id: other.id }, leave)
  await left.erase(topic, targetOf('bob', 1, told), leave)
  const again = makeLeftHeads({ ...world, log, clock: scene.clock, sequencerKey: world.sequencer, setup: null })
  await again.load(() => scope)
  for (const kept of [left, again]) {
    const isGone = new Map<string, boolean>()
    for (const bytes of kept.frames(topic)) {
      const each = decodeFrame(bytes)
      if (each.ok && each.value.type === 'CTX') isGone.set(each.value.head, isErasedForm(each.value.envelope))
    }
    expect([isGone.get(head), isGone.get('ab'.repeat(32))]).toEqual([true, false])
    expect(kept.find(scope, pos, head)).toBe(head)
  }
})
