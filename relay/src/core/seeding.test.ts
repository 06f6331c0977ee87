import { concatBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { draftSetMinimum, nextPlace, proposeAll } from '@poruch/identity'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { Frame, FrameOf } from '@poruch/sync/wire'
import { authorOf, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { RelayLogError } from '@poruch/sync/relay-log'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import type { MemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { openScene } from '../testing/scene.ts'
import type { Proof, Scene } from '../testing/scene.ts'

interface Stage extends Scene {
  readonly world: World
}

/** A relay whose database holds the first `kept` entries of the world's log. */
async function stage({ kept = 0, setupSecret, world }: { kept?: number; setupSecret?: Bytes; world?: World } = {}): Promise<Stage> {
  const present = world ?? (await setup('alice', 'bob'))
  const log = makeMemoryRelayLog()
  const records = present.records.slice(0, kept)
  if (kept > 0) await log.appendScope(records.map((record, pos) => ({ scope: present.scope, pos, record })))
  const scene = await openScene({
    ...present,
    log,
    sequencerKey: present.sequencer,
    nowMs: worldNowMs,
    ...(setupSecret ? { setup: setupSecret } : {}),
  })
  return { ...scene, world: present }
}

async function proofOf({ scope, records, fold }: World, pos: number): Promise<Proof> {
  const { entry, countersignature } = decodeRecord(records[pos] ?? new Uint8Array())
  const { prev } = decodeEntry(entry)
  const id = fold.entryIdAt(pos)
  if (!id) throw new Error('no entry')
  const place = makeByteWriter()
    .u32(pos)
    .raw(idToBytes(id))
    .raw(prev ? idToBytes(prev) : new Uint8Array(32))
    .done()
  return { kind: 5, seed: concatBytes(idToBytes(scope), place, countersignature) }
}

const seed = (world: World, records: readonly Bytes[], change: Partial<FrameOf<'SEEDLOG'>> = {}): FrameOf<'SEEDLOG'> => {
  return { type: 'SEEDLOG', ref: 7, scope: world.scope, firstPos: 0, isLast: 1, records, ...change }
}

/** A change that only Alice may make. */
async function change(world: World): Promise<Frame> {
  const draft = await draftSetMinimum(world.suite, { prefix: world.channel, minWrite: 2, minReact: 1, cuts: null })
  const made = await proposeAll(world.suite, nextPlace(world.fold), { drafts: [draft], author: authorOf(world.person('alice')) })
  return { type: 'PROPOSE', ref: 9, records: made.map(({ record }) => record) }
}

describe('a log that is brought back', () => {
  test('[RE160] who shows an entry that this relay ordered and has lost gets a session; nobody else does', async () => {
    const { world, tryConnect } = await stage()
    const last = world.records.length - 1
    expect(typeof (await tryConnect(world.person('bob'), await proofOf(world, last)))).toBe('object')
    const stranger = await setup('dave')
    expect(await tryConnect(world.person('mallory'), await proofOf(stranger, 1))).toBe('bad-signature')
    expect(await tryConnect(world.person('bob'), { kind: 5, seed: new Uint8Array(20) })).toBe('bad-request')
    const whole = await stage({ kept: last + 1, world })
    expect(await whole.tryConnect(world.person('mallory'), await proofOf(world, last))).toBe('not-a-member')
    const older = await stage({ kept: last, world })
    expect(typeof (await older.tryConnect(world.person('bob'), await proofOf(world, last)))).toBe('object')
  })

  test('[RE161] it is taken whole when it folds and this relay ordered it: once, in pieces, and longer ones after shorter', async () => {
    const { world, connect, log, tryConnect } = await stage()
    const { records, scope } = world
    const peer = await connect(world.person('bob'), await proofOf(world, 2))
    const half = records.slice(0, 4)
    expect(await peer.ask(seed(world, half.slice(0, 2), { isLast: 0 }), 'SEEDED')).toMatchObject({ nextPos: 2 })
    expect(await peer.ask(seed(world, half, { firstPos: 3 }), 'REFUSE')).toMatchObject({ ref: 7, code: 'bad-seed' })
    const forged = half.with(3, records[4] ?? new Uint8Array())
    expect(await peer.ask(seed(world, forged), 'REFUSE')).toMatchObject({ ref: 7, code: 'bad-position' })
    expect(await log.readScope(scope, 0, 100)).toEqual([])
    expect(await peer.ask(seed(world, half), 'SEEDED')).toMatchObject({ nextPos: 4 })
    expect(await peer.ask(seed(world, records), 'SEEDED')).toMatchObject({ nextPos: records.length })
    expect(await peer.ask(seed(world, half), 'SEEDED')).toMatchObject({ nextPos: 4 })
    expect((await log.readScope(scope, 0, 100)).map(({ record }) => record)).toEqual(records)
    expect(typeof (await tryConnect(world.person('alice')))).toBe('object')
  })

  test('[RE161] a log that another relay orders is taken with the setup secret only', async () => {
    const foreign = await setup('alice')
    const secret = new Uint8Array(16).fill(3)
    const { world, connect } = await stage({ setupSecret: secret })
    const peer = await connect(world.person('bob'), await proofOf(world, 2))
    expect(await peer.ask(seed(foreign, foreign.records), 'REFUSE')).toMatchObject({ ref: 7, code: 'wrong-sequencer' })
    const owner = await connect(foreign.person('alice'), { kind: 3, secret })
    expect(await owner.ask(seed(foreign, foreign.records), 'SEEDED')).toMatchObject({ nextPos: foreign.records.length })
    // And nothing is ordered in it before the owners have taken it over.
    expect(await owner.ask(await change(foreign), 'REFUSE')).toMatchObject({ ref: 9, code: 'wrong-sequencer' })
  })

  test('[RE161] others than members and those with a proof bring nothing', async () => {
    const world = await setup('alice', 'bob')
    const { connect } = await stage({ kept: world.records.length, world })
    const bob = await connect(world.person('bob'))
    const other = await setup('dave')
    expect(await bob.ask(seed(other, other.records), 'REFUSE')).toMatchObject({ ref: 7, code: 'no-right' })
  })

  test('[RE162] nothing is ordered for two minutes after it, over restarts; a removed member’s shorter log gives nobody a right', async () => {
    const world = await setup('alice', 'bob')
    const before = world.records.length
    await world.remove('bob')
    const scene = await stage({ world })
    // Bob comes first, with what he held when he was a member.
    const bob = await scene.connect(world.person('bob'), await proofOf(world, before - 1))
    expect(await bob.ask(seed(world, world.records.slice(0, before)), 'SEEDED')).toMatchObject({ nextPos: before })
    const draft = await draftSetMinimum(world.suite, { prefix: world.channel, minWrite: 2, minReact: 1, cuts: null })
    const place = { scope: world.scope, pos: before, prev: world.fold.entryIdAt(before - 1) }
    const made = await proposeAll(world.suite, place, { drafts: [draft], author: authorOf(world.person('bob')) })
    const proposal: Frame = { type: 'PROPOSE', ref: 8, records: made.map(({ record }) => record) }
    expect(await bob.ask(proposal, 'REFUSE')).toMatchObject({ ref: 8, code: 'relay-recovering' })
    // Alice has more of it: he is cut off.
    const alice = await scene.connect(world.person('alice'))
    await alice.ask(seed(world, world.records), 'SEEDED')
    expect(bob.closed()).toEqual({ code: 4403, reason: 'not-a-member' })
    expect(await alice.ask(await change(world), 'REFUSE')).toMatchObject({ ref: 9, code: 'relay-recovering' })
    const again = await openScene({ ...world, log: scene.log, sequencerKey: world.sequencer, nowMs: worldNowMs })
    const back = await again.connect(world.person('alice'))
    expect(await back.ask(await change(world), 'REFUSE')).toMatchObject({ ref: 9, code: 'relay-recovering' })
    again.clock.advance(120_001)
    expect(await back.ask(await change(world), 'ORDERED')).toMatchObject({ scope: world.scope })
  })

  test('[RE163] a damaged record ends the log at the start; its rest is brought back in its place, and nothing is ordered before', async () => {
    const world = await setup('alice', 'bob')
    const { records, scope } = world
    for (const at of [0, 3, records.length - 1]) {
      const log = makeMemoryRelayLog()
      await log.appendScope(records.map((record, pos) => ({ scope, pos, record })))
      const disk = damagedAt(log, at)
      const scene = await openScene({ ...world, log: disk, sequencerKey: world.sequencer, nowMs: worldNowMs })
      const proof = await proofOf(world, records.length - 1)
      const peer = await scene.connect(world.person('alice'), proof)
      // Long after the two minutes, too: what was ordered there is held by somebody.
      scene.clock.advance(24 * 3_600_000)
      if (at > 0) expect(await peer.ask(await change(world), 'REFUSE')).toMatchObject({ ref: 9 })
      expect(await peer.ask(seed(world, records), 'SEEDED')).toMatchObject({ nextPos: records.length })
      expect((await disk.readScope(scope, 0, 100)).map(({ record }) => record)).toEqual(records)
      expect(await peer.ask(await change(world), 'REFUSE')).toMatchObject({ ref: 9, code: 'relay-recovering' })
      scene.clock.advance(120_001)
      const alice = await scene.connect(world.person('alice'))
      expect(await alice.ask(await change(world), 'ORDERED')).toMatchObject({ scope })
    }
  })

  test('[RE163] until its rest is there, a log that was damaged stays as it is, and orders nothing', async () => {
    const world = await setup('alice', 'bob')
    const { records, scope } = world
    const log = makeMemoryRelayLog()
    await log.appendScope(records.map((record, pos) => ({ scope, pos, record })))
    const disk = damagedAt(log, records.length - 1)
    const scene = await openScene({ ...world, log: disk, sequencerKey: world.sequencer, nowMs: worldNowMs })
    const alice = await scene.connect(world.person('alice'))
    const draft = await draftSetMinimum(world.suite, { prefix: world.channel, minWrite: 2, minReact: 1, cuts: null })
    const place = { scope, pos: records.length - 1, prev: world.fold.entryIdAt(records.length - 2) }
    const made = await proposeAll(world.suite, place, { drafts: [draft], author: authorOf(world.person('alice')) })
    const proposal: Frame = { type: 'PROPOSE', ref: 8, records: made.map(({ record }) => record) }
    scene.clock.advance(24 * 3_600_000)
    expect(await alice.ask(proposal, 'REFUSE')).toMatchObject({ ref: 8, code: 'relay-recovering' })
    expect(await log.readScope(scope, 0, 100)).toHaveLength(records.length)
  })
})

/** A log on a disk that has damaged one record, until another is put in its place. */
function damagedAt(log: MemoryRelayLog, at: number): MemoryRelayLog {
  let isDamaged = true
  return {
    ...log,
    readScope: async (scope, from, limit) => {
      if (isDamaged && from <= at && at < from + limit) throw new RelayLogError('damaged', 'a test')
      return log.readScope(scope, from, limit)
    },
    replaceScope: async (rows) => {
      await log.replaceScope(rows)
      if ((rows[0]?.pos ?? Infinity) <= at) isDamaged = false
    },
  }
}
