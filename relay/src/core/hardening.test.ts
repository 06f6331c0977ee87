import type { DeviceId, TopicId, UserId } from '@poruch/base'
import { createJoinRequest, draftCreateInvitation, invitationKeys } from '@poruch/identity'
import { roles, topicIdOf } from '@poruch/identity/fold'
import { encodeSyncRequest } from '@poruch/sync/wire'
import { setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'
import {
  maxAccountFramesAtOnce,
  maxDeviceBulksAtOnce,
  deviceBulkRefillMs,
  maxDeviceFramesAtOnce,
  maxDeviceSessionsAtOnce,
  deviceSessionRefillMs,
  garbageFrameTokens,
  maxJoinsAtOnce,
  joinRefillMs,
  maxLinkJoinsAtOnce,
  maxJoinRequests,
  usageRefreshMs,
} from './limits.ts'
import type { Meter } from './meter.ts'
import { makePace } from './pace.ts'
import type { CorePorts } from './ports.ts'

const slowMs = 60_000 // hundreds of signatures on a busy machine; nothing waits for it

interface Stage extends Scene {
  readonly world: World
  readonly topic: TopicId
  readonly log: ReturnType<typeof makeMemoryRelayLog>
}

async function stage(ports: Partial<CorePorts> = {}, log = makeMemoryRelayLog()): Promise<Stage> {
  const world = await setup('alice', 'bob')
  if ((await log.scopes()).length === 0) await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  const scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs, ports })
  return { ...scene, world, log, topic: topicIdOf(world.channel, 0) }
}

const sub = (topic: TopicId) => ({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }) as const

/** Sends envelopes one after the other; ACK or the code of each. */
async function write({ world, topic }: Stage, peer: Peer, name: string, count: number, sizeBytes = 48): Promise<readonly string[]> {
  const outcomes: string[] = []
  let prev: Awaited<ReturnType<typeof sceneEnvelope>> | null = null
  for (let seq = 1; seq <= count; seq++) {
    const { suite, fold } = world
    prev = await sceneEnvelope({ suite, fold, person: world.person(name), topic, seq, prev: prev?.id ?? null, sizeBytes })
    await peer.send({ type: 'APPEND', ref: seq, topic, envelope: prev.bytes })
    await peer.settled()
    const answer = peer.received.find((frame) => (frame.type === 'ACK' || frame.type === 'REFUSE') && frame.ref === seq)
    outcomes.push(answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none'))
  }
  return outcomes
}

describe('the pace of frames', { timeout: slowMs }, () => {
  test('[RE65] a device over its pace is read more slowly and in order, loses nothing, and keeps nobody else waiting', async () => {
    const scene = await stage()
    const { world, topic, clock } = scene
    const [alice, bob] = [await scene.connect(world.person('alice')), await scene.connect(world.person('bob'))]
    const flood = maxDeviceFramesAtOnce / garbageFrameTokens + 1
    for (let n = 0; n < flood; n++) await alice.sendBytes(new Uint8Array([250]))
    const waiting = [alice.send(sub(topic)), alice.send({ type: 'LOGSUB', scope: world.scope, nextPos: 0, keyCursor: 0 })]
    await bob.ask(sub(topic), 'HEAD')
    expect(alice.received.filter(({ type }) => type !== 'REFUSE')).toEqual([])
    clock.advance(garbageFrameTokens)
    await alice.next('HEAD')
    clock.advance(60_000)
    await Promise.all(waiting)
    await alice.next('ORDERED')
    expect(alice.closed()).toBe(null)
  })

  test('[RE65] all devices of an account share a pace, and a reconnect does not begin a new one', () => {
    const clock = makeHandClock(worldNowMs)
    const pace = makePace(clock)
    const user = 'aa'.repeat(32) as UserId
    const device = (n: number) => `${n}`.repeat(64) as DeviceId
    for (const n of [1, 2]) expect(pace.spend(device(n), user, maxAccountFramesAtOnce / 2)).toBe(0)
    expect(pace.spend(device(3), user, 10)).toBeGreaterThan(0)
    expect(pace.spend(device(4), 'bb'.repeat(32) as UserId, 10)).toBe(0)
    expect(pace.spend(device(5), null, maxDeviceFramesAtOnce + 7)).toBe(7)
    expect(pace.spend(device(5), null, 1)).toBe(8)
    clock.advance(60_000)
    expect(pace.spend(device(3), user, 10)).toBe(0)
  })
})

describe('how often a device may ask', { timeout: slowMs }, () => {
  test('[RE66] join requests of one device, and through one link, come with bounds', async () => {
    const world = await setup('alice')
    const { suite, random, scope } = world
    const secret = random.bytes(16)
    const keys = await invitationKeys(suite, secret)
    const terms = { role: roles.editor, expiresAtMs: worldNowMs + 3_600_000, maxUses: 9, policy: 'approval' as const }
    await world.propose('alice', draftCreateInvitation({ invitation: keys.id, ...terms }))
    const log = makeMemoryRelayLog()
    await log.appendScope(world.records.map((record, pos) => ({ scope, pos, record })))
    const scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
    const { userId: user, identity } = world.person('mallory')
    const { device, userLog } = identity
    const request = await createJoinRequest({ suite, random, link: { scope, secret }, user, userLog, device, displayName: 'M' })
    const joiner = await scene.connect(world.person('mallory'), { kind: 2, invitation: keys.sign })
    const codes: string[] = []
    for (let ref = 1; ref <= maxJoinsAtOnce + 2; ref++) {
      await joiner.send({ type: 'JOIN', ref, request })
      await joiner.settled()
      const answer = joiner.received.find((frame) => (frame.type === 'JOINSTATE' || frame.type === 'REFUSE') && frame.ref === ref)
      codes.push(answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none'))
    }
    expect(codes).toEqual([...Array.from({ length: maxJoinsAtOnce }, () => 'JOINSTATE'), 'too-many-requests', 'too-many-requests'])
    scene.clock.advance(joinRefillMs)
    expect(await joiner.ask({ type: 'JOIN', ref: 99, request }, 'JOINSTATE')).toMatchObject({ state: 1 })
    // A link's own pace lets a whole company through; what it keeps is bounded before (RE35).
    expect(maxLinkJoinsAtOnce).toBeGreaterThan(maxJoinRequests)
  })

  test('[RE67] sessions of a device are bounded once it has proven who it is; another device’s name uses nothing up', async () => {
    const scene = await stage()
    const [alice, bob] = [scene.world.person('alice'), scene.world.person('bob')]
    const forged = { device: bob.device, identity: alice.identity }
    for (let n = 0; n < maxDeviceSessionsAtOnce; n++) expect(await scene.tryConnect(forged)).toBe('bad-signature')
    for (let n = 0; n < maxDeviceSessionsAtOnce; n++) expect(typeof (await scene.tryConnect(alice))).toBe('object')
    expect(await scene.tryConnect(alice)).toBe('too-many-requests')
    expect(typeof (await scene.tryConnect(bob))).toBe('object')
    scene.clock.advance(deviceSessionRefillMs)
    expect(typeof (await scene.tryConnect(alice))).toBe('object')
  })

  test('[RE67] bulk reads of a device are bounded', async () => {
    const scene = await stage()
    const alice = await scene.connect(scene.world.person('alice'))
    const bob = await scene.connect(scene.world.person('bob'))
    const read = (peer: Peer) => typeof scene.core.bulk(peer.token, encodeSyncRequest([]))
    for (let n = 0; n < maxDeviceBulksAtOnce; n++) expect(read(alice)).toBe('object')
    expect(scene.core.bulk(alice.token, encodeSyncRequest([]))).toBe('too-many-requests')
    expect(read(bob)).toBe('object')
    scene.clock.advance(deviceBulkRefillMs)
    expect(read(alice)).toBe('object')
  })
})

describe('quotas', { timeout: slowMs }, () => {
  const sizeBytes = 1000

  test('[RE68] what is over a device’s quota is refused with `quota-exceeded`; what is there stays, and others go on', async () => {
    const deeds: string[] = []
    const quotas = { deviceBytes: 3_500, accountBytes: 1_000_000 }
    const scene = await stage({ quotas, audit: (kind) => deeds.push(kind) })
    const [alice, bob] = [await scene.connect(scene.world.person('alice')), await scene.connect(scene.world.person('bob'))]
    expect(await write(scene, alice, 'alice', 4, sizeBytes)).toEqual(['ACK', 'ACK', 'ACK', 'quota-exceeded'])
    expect(deeds).toEqual(['quota-exceeded'])
    expect(await write(scene, bob, 'bob', 2, sizeBytes)).toEqual(['ACK', 'ACK'])
    // The same envelope again is acknowledged as before, and costs nothing.
    expect((await write(scene, alice, 'alice', 3, sizeBytes)).every((one) => one === 'ACK')).toBe(true)
    expect(await scene.log.read(scene.topic, 0, 99)).toHaveLength(5)
  })

  test('[RE68] an account’s quota counts the devices that it owned, too; a start counts from the database; trimming makes room', async () => {
    const used = new Map<DeviceId, number>()
    const quotas = { deviceBytes: 1_000_000, accountBytes: 5_000 }
    const scene = await stage({ quotas, usage: async () => [...used] })
    const { world, topic } = scene
    used.set(world.person('alice').device, 4_500)
    const again = await openScene({
      ...world,
      log: scene.log,
      sequencerKey: world.sequencer,
      nowMs: worldNowMs,
      ports: { quotas, usage: async () => [...used] },
    })
    const full: Stage = { ...again, world, topic, log: scene.log }
    const [alice, bob] = [await full.connect(world.person('alice')), await full.connect(world.person('bob'))]
    expect(await write(full, alice, 'alice', 1, sizeBytes)).toEqual(['quota-exceeded'])
    expect(await write(full, bob, 'bob', 1, sizeBytes)).toEqual(['ACK'])
    used.set(world.person('alice').device, 10)
    expect(await write(full, alice, 'alice', 1, sizeBytes)).toEqual(['quota-exceeded'])
    full.clock.advance(usageRefreshMs)
    alice.received.length = 0
    expect(await write(full, alice, 'alice', 1, sizeBytes)).toEqual(['ACK'])
  })

  test('[RE68] what the disk did not take is not counted', async () => {
    const scene = await stage({ quotas: { deviceBytes: 2_500, accountBytes: 2_500 } })
    const alice = await scene.connect(scene.world.person('alice'))
    const { append } = scene.log
    Object.assign(scene.log, { append: async () => Promise.reject(new Error('no disk')) })
    for (let n = 0; n < 5; n++) expect(await write(scene, alice, 'alice', 1, sizeBytes)).toEqual(['relay-failed'])
    Object.assign(scene.log, { append })
    alice.received.length = 0
    expect(await write(scene, alice, 'alice', 2, sizeBytes)).toEqual(['ACK', 'ACK'])
  })
})

test('[RE76] the core counts frames, refusals by code, appends and their time', async () => {
  const counted: string[] = []
  const meter: Meter = { count: (name, label = '') => counted.push(`${name} ${label}`.trim()), observe: (name) => counted.push(name) }
  const scene = await stage({ meter })
  const alice = await scene.connect(scene.world.person('alice'))
  await write(scene, alice, 'alice', 1)
  await alice.sendBytes(new Uint8Array([250]))
  for (const name of [
    'frames APPEND',
    'frames garbage',
    'refused unknown-frame',
    'refused unknown-topic',
    'appends',
    'ack_seconds',
    'bytes_in',
    'bytes_out',
  ])
    expect(counted).toContain(name)
})
