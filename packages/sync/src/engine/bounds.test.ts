/** What is kept in memory for others has its bounds, and forgers push nothing out. */
import { encodeUtf8 } from '@poruch/base'
import type { Bytes, DeviceId } from '@poruch/base'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { makeEnvelopeKeys } from '../envelope/seal.ts'
import { maxEphemeralSessions, maxInboxFrames, maxWaitingSizeBytes, maxWaitingTotalBytes } from '../limits.ts'
import type { Core } from './core.ts'
import { makeEphemerals } from './ephemerals.ts'
import { makeInbox } from './inbox.ts'
import { makeOwnChain } from './own-chain.ts'
import { makeWaiting } from './waiting.ts'
import type { WaitingEnvelope } from './waiting.ts'

const device = 'aa'.repeat(32) as DeviceId

function envelope(bytes: Bytes, outcomes: string[] = []): WaitingEnvelope<string> {
  return { bytes, after: { device, seq: 1 }, source: 'peer', settled: Promise.resolve(''), settle: (outcome) => outcomes.push(outcome) }
}

function marked(sizeBytes: number, mark: number): Bytes {
  const bytes = new Uint8Array(sizeBytes)
  new DataView(bytes.buffer).setUint32(sizeBytes - 4, mark)
  return bytes
}

test('[SY27] of a hole is known whether a relay has shown something behind it, first or later', () => {
  const waiting = makeWaiting('dropped', { sizeBytes: 0 })
  const [first, second] = [envelope(marked(100, 1)), envelope(marked(100, 2))]
  for (const each of [first, second]) waiting.add(each)
  expect(waiting.gaps()).toEqual([{ device, isRelays: false }])
  for (let times = 0; times < 2; times++) {
    const known = waiting.find(first.bytes)
    if (known) waiting.noteRelay(known)
  }
  expect(waiting.gaps()).toEqual([{ device, isRelays: true }])
  expect(waiting.takeAfter(device, 1)).toHaveLength(2)
  expect(waiting.gaps()).toEqual([])
  waiting.add({ ...second, source: 'relay' })
  expect(waiting.gaps()).toEqual([{ device, isRelays: true }])
  waiting.takeAll()
  waiting.add(second)
  expect(waiting.gaps()).toEqual([{ device, isRelays: false }])
})

test('[SY27] bytes that wait are bounded in each topic', () => {
  const waiting = makeWaiting('dropped', { sizeBytes: 0 })
  const half = maxWaitingSizeBytes / 2
  const outcomes: string[] = []
  expect([1, 2].map((mark) => waiting.add(envelope(marked(half, mark), outcomes)))).toEqual([true, true])
  expect(waiting.add(envelope(marked(100, 3), outcomes))).toBe(false)
  expect(outcomes).toEqual(['dropped', 'dropped', 'dropped'])
  expect(waiting.count()).toBe(0)
  expect(waiting.add(envelope(marked(100, 3)))).toBe(true)
})

test('[SY27] bytes that wait are bounded in all topics together', () => {
  const budget = { sizeBytes: 0 }
  const count = maxWaitingTotalBytes / maxWaitingSizeBytes
  for (let topic = 0; topic < count; topic++)
    expect(makeWaiting('dropped', budget).add(envelope(marked(maxWaitingSizeBytes, topic)))).toBe(true)
  expect(budget.sizeBytes).toBe(maxWaitingTotalBytes)
  expect(makeWaiting('dropped', budget).add(envelope(marked(100, 9)))).toBe(false)
})

test('[SY27] a copy of another envelope’s signature neither takes its place nor speaks for it', () => {
  const waiting = makeWaiting('dropped', { sizeBytes: 0 })
  const honest = marked(200, 7)
  const forged = new Uint8Array(honest)
  forged[0] = 1
  const outcomes: string[] = []
  expect(waiting.add(envelope(honest))).toBe(true)
  expect(waiting.find(forged)).toBeNull()
  expect(waiting.add(envelope(forged, outcomes))).toBe(false)
  expect(outcomes).toEqual(['dropped'])
  expect(waiting.takeAfter(device, 1).map((each) => each.bytes)).toEqual([honest])
})

test('[SY33] frames of one link that wait to be judged are bounded', async () => {
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const handled: number[] = []
  const inbox = makeInbox<number>(
    async (item) => {
      await gate
      handled.push(item)
    },
    () => {},
  )
  for (let item = 0; item < maxInboxFrames; item++) expect(inbox.push(item)).toBe(true)
  expect(inbox.push(-1)).toBe(false)
  open()
  await expect.poll(() => inbox.isBusy()).toBe(false)
  expect(handled).toHaveLength(maxInboxFrames)
  expect(inbox.push(-1)).toBe(true)
})

function coreOf(world: SyncWorld, player: SyncPlayer, heard: Bytes[]): Core {
  const { suite, clock } = world
  let count = 0
  return {
    suite,
    clock,
    random: { bytes: (length) => marked(length, ++count) },
    signer: player.signer,
    authority: player.authority,
    keys: makeEnvelopeKeys(suite, player.authority),
    store: player.store,
    applier: {
      apply: async () => Promise.resolve({ ok: true }),
      rebuild: async () => Promise.resolve(),
      ephemeral: (_topic, _from, body) => heard.push(body),
    },
    log: () => {},
    ownChain: makeOwnChain(player.store, () => {}),
    waiting: { sizeBytes: 0 },
  }
}

test('[SY38] at most 1,024 sessions are remembered, and those that have expired make room', async () => {
  const world = makeSyncWorld()
  const [alice, bob] = [await world.join(), await world.join()]
  const heard: Bytes[] = []
  const deaf = { beacons: { open: async () => Promise.resolve(null) }, onBeacon: () => {} }
  const reader = makeEphemerals(coreOf(world, bob, heard), deaf)
  const writing = coreOf(world, alice, [])
  const say = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++)
      await reader.take(world.topic, await makeEphemerals(writing, deaf).seal(world.topic, encodeUtf8('typing')))
  }
  await say(maxEphemeralSessions + 3)
  expect(heard).toHaveLength(maxEphemeralSessions)
  world.clock.advance(60_000)
  await say(3)
  expect(heard).toHaveLength(maxEphemeralSessions + 3)
})
