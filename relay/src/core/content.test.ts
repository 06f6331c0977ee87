import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { roles, topicIdOf } from '@poruch/identity/fold'
import { encodeFrame, encodeSyncRequest, decodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import { setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import type { MemoryRelayLogOptions } from '@poruch/testkit/memory'
import { describe, expect, test, vi } from 'vitest'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'
import type { CorePorts } from './ports.ts'

interface Stage extends Scene {
  readonly world: World
  readonly topic: TopicId
  readonly memory: ReturnType<typeof makeMemoryRelayLog>
}

async function stage(options: MemoryRelayLogOptions = {}, ports: Partial<CorePorts> = {}): Promise<Stage> {
  const world = await setupWith({ roles: { carol: roles.viewer } }, 'alice', 'bob', 'carol')
  const memory = makeMemoryRelayLog(options)
  const filled = memory.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  memory.sync()
  await filled
  const scene = await openScene({ ...world, log: memory, sequencerKey: world.sequencer, nowMs: worldNowMs, ports })
  return { ...scene, world, memory, topic: topicIdOf(world.channel, 0) }
}

function subscribe(peer: Peer, topic: TopicId, at = { relaySeq: 0, idPrefix: '00000000' }): Promise<Frame> {
  return peer.ask({ type: 'SUB', topics: [{ topic, ...at }] }, 'HEAD')
}

async function envelopes({ world, topic }: Stage, name: string, count: number) {
  const made: Awaited<ReturnType<typeof sceneEnvelope>>[] = []
  const { suite, fold } = world
  for (let seq = 1; seq <= count; seq++) {
    made.push(await sceneEnvelope({ suite, fold, person: world.person(name), topic, seq, prev: made.at(-1)?.id ?? null }))
  }
  return made
}

async function bulkOf(scene: Scene, peer: Peer, topic: TopicId, at = { relaySeq: 0, idPrefix: '00000000' }): Promise<readonly Frame[]> {
  const frames = scene.core.bulk(peer.token, encodeSyncRequest([{ topic, ...at }]))
  if (typeof frames === 'string') throw new Error(frames)
  const read: Frame[] = []
  for await (const bytes of frames) {
    const frame = decodeFrame(bytes)
    if (frame.ok) read.push(frame.value)
  }
  return read
}

describe('envelopes', () => {
  test('[RE20] stores, acknowledges, and sends to those who follow, but not back', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    await subscribe(alice, topic)
    await subscribe(bob, topic)
    const [first] = await envelopes(scene, 'alice', 1)
    if (!first) throw new Error('no envelope')
    expect(await alice.ask({ type: 'APPEND', ref: 7, topic, envelope: first.bytes }, 'ACK')).toEqual({ type: 'ACK', ref: 7, relaySeq: 1 })
    expect(await bob.next('ENTRY')).toEqual({ type: 'ENTRY', topic, relaySeq: 1, envelope: first.bytes })
    await alice.settled()
    expect(alice.received.filter((frame) => frame.type === 'ENTRY')).toEqual([])
  })

  test('[RE21] acknowledges only after the commit, and a crash before it loses nothing that was acknowledged', async () => {
    const tails: (() => void)[] = []
    const scene = await stage({ onTail: () => tails.splice(0).forEach((wake) => wake()) })
    const { topic, world, memory } = scene
    const alice = await scene.connect(world.person('alice'))
    const [first, second] = await envelopes(scene, 'alice', 2)
    if (!first || !second) throw new Error('no envelopes')
    const written = new Promise<void>((resolve) => tails.push(resolve))
    await alice.send({ type: 'APPEND', ref: 1, topic, envelope: first.bytes })
    await written
    expect(alice.received).toEqual([])
    memory.sync()
    expect((await alice.next('ACK')).ref).toBe(1)
    const again = new Promise<void>((resolve) => tails.push(resolve))
    await alice.send({ type: 'APPEND', ref: 2, topic, envelope: second.bytes })
    await again
    const after = memory.crash()
    expect((await alice.next('REFUSE')).code).toBe('closed')
    expect((await after.head(topic)).relaySeq).toBe(1)
  })

  test('[RE22] answers the same envelope again with its first place, from whoever carries it', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    for (const [index, { bytes }] of (await envelopes(scene, 'alice', 2)).entries()) {
      expect((await bob.ask({ type: 'APPEND', ref: index, topic, envelope: bytes }, 'ACK')).relaySeq).toBe(index + 1)
      expect((await alice.ask({ type: 'APPEND', ref: index, topic, envelope: bytes }, 'ACK')).relaySeq).toBe(index + 1)
    }
    expect((await scene.log.head(topic)).relaySeq).toBe(2)
  })

  test('[RE23] tells who leaves a gap where the chain ends here', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const alice = await scene.connect(world.person('alice'))
    const [first, , third] = await envelopes(scene, 'alice', 3)
    await alice.ask({ type: 'APPEND', ref: 1, topic, envelope: first?.bytes ?? new Uint8Array() }, 'ACK')
    const refused = await alice.ask({ type: 'APPEND', ref: 2, topic, envelope: third?.bytes ?? new Uint8Array() }, 'REFUSE')
    expect(refused).toMatchObject({ ref: 2, code: 'gap' })
    expect(await alice.next('GAP')).toEqual({ type: 'GAP', topic, device: world.person('alice').device, have: 1 })
  })

  test('[RE191] asks the database for a chain once, and again when something of its topic was lost', async () => {
    const scene = await stage()
    const { topic, world, memory } = scene
    const alice = await scene.connect(world.person('alice'))
    const asked = vi.spyOn(memory, 'chainAt')
    const counts: number[] = []
    for (const [index, { bytes }] of (await envelopes(scene, 'alice', 4)).entries()) {
      if (index === 3) scene.core.askFor(topic)
      expect((await alice.ask({ type: 'APPEND', ref: index, topic, envelope: bytes }, 'ACK')).relaySeq).toBe(index + 1)
      counts.push(asked.mock.calls.length)
    }
    const [first = 0] = counts
    expect(first).toBeGreaterThan(0)
    expect(counts.slice(0, 3)).toEqual([first, first, first])
    expect(counts[3]).toBeGreaterThan(first)
  })

  test('[RE24] refuses what the checks of sync refuse, with their reason: no right, forged, another branch, packs', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const { suite, fold } = world
    const alice = await scene.connect(world.person('alice'))
    const [carols] = await envelopes(scene, 'carol', 1)
    const [own] = await envelopes(scene, 'alice', 1)
    const branch = await sceneEnvelope({ suite, fold, person: world.person('alice'), topic, seq: 1, prev: null, branch: 3 })
    const forged = own?.bytes.map((byte, index) => (index === 60 ? byte ^ 1 : byte)) ?? new Uint8Array()
    const append = (ref: number, envelope: Uint8Array<ArrayBuffer>) => alice.send({ type: 'APPEND', ref, topic, envelope })
    await append(1, carols?.bytes ?? new Uint8Array())
    expect((await alice.next('REFUSE')).code).toBe('no-right')
    await append(2, forged)
    expect((await alice.next('REFUSE')).code).toBe('bad-signature')
    await append(3, own?.bytes ?? new Uint8Array())
    await alice.next('ACK')
    await append(4, branch.bytes)
    expect((await alice.next('REFUSE')).code).toBe('fork')
    expect(await scene.log.readSide('fork', topic, 0, 9)).toHaveLength(1)
    const pack = await sceneEnvelope({ suite, fold, person: world.person('alice'), topic, seq: 0, kind: 4, prev: null })
    await append(5, pack.bytes)
    expect((await alice.next('REFUSE')).code).toBe('wrong-kind')
    await append(6, new Uint8Array([9]))
    expect((await alice.next('REFUSE')).code).toBe('bad-envelope')
  })

  test('[RE151] attack 8: another branch is kept, told to those who follow, and given in bulk, also by the next start', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    await subscribe(bob, topic)
    const [first] = await envelopes(scene, 'alice', 1)
    const make = async (seq: number, prev: EnvelopeId | null): ReturnType<typeof sceneEnvelope> =>
      sceneEnvelope({ suite: world.suite, fold: world.fold, person: world.person('alice'), topic, seq, prev, branch: 3 })
    const branch = await make(1, null)
    const behind = await make(2, branch.id)
    await alice.ask({ type: 'APPEND', ref: 1, topic, envelope: first?.bytes ?? new Uint8Array() }, 'ACK')
    for (const [index, { bytes }] of [branch, behind, branch].entries())
      expect((await alice.ask({ type: 'APPEND', ref: 2 + index, topic, envelope: bytes }, 'REFUSE')).code).toBe('fork')
    expect((await bob.next('CTX')).envelope).toEqual(branch.bytes)
    expect((await bob.next('CTX')).envelope).toEqual(behind.bytes)
    await bob.settled()
    expect(bob.received.filter(({ type }) => type === 'CTX')).toHaveLength(2)
    const restarted = await openScene({ ...world, log: scene.log, sequencerKey: world.sequencer, nowMs: worldNowMs })
    const reader = await restarted.connect(world.person('bob'))
    const types = (await bulkOf(restarted, reader, topic)).map(({ type }) => type)
    expect(types).toEqual(['ENTRY', 'CTX', 'CTX', 'HEAD'])
  })

  test('[RE25] a topic without right is as one that does not exist, and nothing is made', async () => {
    const scene = await stage()
    const { world } = scene
    const alice = await scene.connect(world.person('alice'))
    const absent = 'cd'.repeat(32) as TopicId
    const refused = await alice.ask({ type: 'SUB', topics: [{ topic: absent, relaySeq: 0, idPrefix: '00000000' }] }, 'REFUSE')
    expect(refused).toEqual({ type: 'REFUSE', ref: 0, code: 'unknown-topic', detail: absent })
    const [own] = await envelopes(scene, 'alice', 1)
    expect((await alice.ask({ type: 'APPEND', ref: 3, topic: absent, envelope: own?.bytes ?? new Uint8Array() }, 'REFUSE')).code).toBe(
      'unknown-topic',
    )
    expect(await bulkOf(scene, alice, absent)).toEqual([{ type: 'REFUSE', ref: 0, code: 'unknown-topic', detail: absent }])
    expect((await scene.log.head(absent)).relaySeq).toBe(0)
  })
})

describe('reading', () => {
  test('[RE26] gives in bulk what is after the cursor, and its end; resets a cursor of another history', { timeout: 20_000 }, async () => {
    const scene = await stage()
    const { topic, world } = scene
    const alice = await scene.connect(world.person('alice'))
    const made = await envelopes(scene, 'alice', 70)
    for (const [ref, { bytes }] of made.entries()) await alice.ask({ type: 'APPEND', ref, topic, envelope: bytes }, 'ACK')
    const all = await bulkOf(scene, alice, topic)
    expect(all.map((frame) => (frame.type === 'ENTRY' ? frame.relaySeq : frame.type))).toEqual([
      ...made.map((_, index) => index + 1),
      'HEAD',
    ])
    expect(await bulkOf(scene, alice, topic, { relaySeq: 69, idPrefix: made[68]?.id.slice(0, 8) ?? '' })).toEqual([
      { type: 'ENTRY', topic, relaySeq: 70, envelope: made[69]?.bytes },
      { type: 'HEAD', topic, relaySeq: 70 },
    ])
    const reset = await bulkOf(scene, alice, topic, { relaySeq: 69, idPrefix: 'ffffffff' })
    expect([reset[0]?.type, reset.length]).toEqual(['RESET', 72])
    await alice.send({ type: 'SUB', topics: [{ topic, relaySeq: 99, idPrefix: '00000000' }] })
    expect(await alice.next('RESET')).toEqual({ type: 'RESET', topic })
    expect(await alice.next('HEAD')).toEqual({ type: 'HEAD', topic, relaySeq: 70 })
  })

  test('[RE27] a slow reader gets the head in place of entries, and is closed after 30 s', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    await subscribe(bob, topic)
    const made = await envelopes(scene, 'alice', 4)
    const append = async (index: number) =>
      alice.ask({ type: 'APPEND', ref: index, topic, envelope: made[index]?.bytes ?? new Uint8Array() }, 'ACK')
    bob.reads = false
    for (const index of [0, 1, 2]) await append(index)
    bob.reads = true
    scene.clock.advance(250)
    expect(await bob.next('HEAD')).toEqual({ type: 'HEAD', topic, relaySeq: 3 })
    expect(bob.received.some((frame) => frame.type === 'ENTRY')).toBe(false)
    bob.reads = false
    await append(3)
    scene.clock.advance(31_000)
    expect(bob.closed()).toEqual({ code: 4408, reason: 'slow-reader' })
  })

  test('[RE28] passes ephemeral messages on, only of the device itself, bounded, never stored', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const { suite, fold } = world
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    await subscribe(bob, topic)
    const typing = await ephemeral('alice')
    const bobs = await ephemeral('bob')
    async function ephemeral(name: string) {
      const header = { suite, fold, person: world.person(name), topic, kind: 5, prev: null }
      return sceneEnvelope({ ...header, seq: 0 })
    }
    await alice.send({ type: 'EPH', topic, envelope: bobs.bytes })
    for (let count = 0; count < 60; count++) await alice.send({ type: 'EPH', topic, envelope: typing.bytes })
    await alice.settled()
    const heard = bob.received.filter((frame) => frame.type === 'EPH')
    expect(heard).toHaveLength(39)
    expect(heard[0]).toEqual({ type: 'EPH', topic, envelope: typing.bytes })
    expect((await scene.log.head(topic)).relaySeq).toBe(0)
  })
})

describe('frames', () => {
  test('[RE10] garbage, truncated, oversize and unknown frames are refused, and the session goes on', async () => {
    const scene = await stage()
    const { topic, world } = scene
    const alice = await scene.connect(world.person('alice'))
    const sub = encodeFrame({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] })
    const cases: [Uint8Array<ArrayBuffer>, string][] = [
      [new Uint8Array(0), 'bad-frame'],
      [new Uint8Array([200, 1, 2]), 'unknown-frame'],
      [sub.slice(0, -1), 'bad-frame'],
      [new Uint8Array([...sub, 0]), 'bad-frame'],
      [new Uint8Array(1024 * 1024 + 1).fill(4), 'too-large'],
      [encodeFrame({ type: 'HEAD', topic, relaySeq: 1 }), 'unexpected-frame'],
    ]
    for (const [bytes, code] of cases) {
      await alice.sendBytes(bytes)
      expect((await alice.next('REFUSE')).code).toBe(code)
    }
    expect((await subscribe(alice, topic)).type).toBe('HEAD')
  })

  test('[RE11] reads no further while 64 frames wait to be judged', { timeout: 20_000 }, async () => {
    const tails: (() => void)[] = []
    const scene = await stage({ onTail: () => tails.splice(0).forEach((wake) => wake()) })
    const { topic, world, memory } = scene
    const alice = await scene.connect(world.person('alice'))
    const [first] = await envelopes(scene, 'alice', 1)
    const written = new Promise<void>((resolve) => tails.push(resolve))
    const frame: Frame = { type: 'APPEND', ref: 1, topic, envelope: first?.bytes ?? new Uint8Array() }
    for (let count = 0; count < 64; count++) await alice.send(frame)
    await written
    let taken = false
    const late = alice.send(frame).then(() => (taken = true))
    expect(taken).toBe(false)
    memory.sync()
    await late
    await alice.settled()
    expect(alice.received.filter((one) => one.type === 'ACK')).toHaveLength(65)
  })
})

test('[RE172] what the disk has lost is asked of all who follow its topic, and told to whoever comes', async () => {
  const holes = new Map<TopicId, readonly { device: DeviceId; deviceSeq: number }[]>()
  const scene = await stage({}, { holes: async (topic) => holes.get(topic) ?? [] })
  const { topic, world } = scene
  const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
  await subscribe(alice, topic)
  const { device } = world.person('bob')
  holes.set(topic, [{ device, deviceSeq: 3 }])
  scene.core.askFor(topic)
  const gap = { type: 'GAP', topic, device, have: 2 }
  expect(await alice.next('GAP')).toEqual(gap)
  await subscribe(bob, topic)
  expect(await bob.next('GAP')).toEqual(gap)
})
