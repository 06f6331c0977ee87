import {
  createEpoch,
  draftAddDoc,
  draftAdmitLate,
  draftGenesis,
  draftAdmit,
  draftLeave,
  draftRemove,
  genesisPlace,
  newPrefix,
  nextPlace,
  proposeAll,
} from '@poruch/identity'
import type { Draft, LogPlace } from '@poruch/identity'
import { docKinds, makeScopeFold, roles, topicIdOf } from '@poruch/identity/fold'
import { RelayLogError } from '@poruch/sync/relay-log'
import type { RelayLog } from '@poruch/sync/relay-log'
import type { Frame } from '@poruch/sync/wire'
import { authorOf, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import type { MemoryRelayLogOptions } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import { maxProposalRecords } from './limits.ts'
import type { Peer, Scene } from '../testing/scene.ts'

interface Stage extends Scene {
  readonly world: World
  readonly memory: ReturnType<typeof makeMemoryRelayLog>
  /** The fold of a member who follows the log at the relay. */
  follow(): Promise<World['fold']>
}

async function stage(names: readonly string[], options: MemoryRelayLogOptions = {}): Promise<Stage> {
  const world = await setup(...names)
  const memory = makeMemoryRelayLog(options)
  const filled = memory.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  memory.sync()
  await filled
  const scene = await openScene({ ...world, log: memory, sequencerKey: world.sequencer, nowMs: worldNowMs })
  const follow = async () => {
    const fold = makeScopeFold({ suite: world.suite, scope: world.scope })
    const rows = await memory.readScope(world.scope, 0, 999)
    const judged = await fold.apply(rows.map((row) => row.record))
    if (!judged.ok) throw new Error(judged.reason)
    return fold
  }
  return { ...scene, world, memory, follow }
}

async function proposal(world: World, person: Person, place: LogPlace, ...drafts: readonly Draft[]): Promise<Frame & { type: 'PROPOSE' }> {
  const made = await proposeAll(world.suite, place, { drafts, author: authorOf(person) })
  return { type: 'PROPOSE', ref: 5, records: made.map(({ record }) => record) }
}

function addDoc(world: World, prefix = newPrefix(world.random)): Draft {
  return draftAddDoc({ prefix, docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer })
}

async function removal(world: World, name: string): Promise<readonly Draft[]> {
  const { userId } = world.person(name)
  const readers = world.fold.members().filter((member) => member.user !== userId)
  const named = readers.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
  const gen = world.fold.epochs().length
  const { draft } = await createEpoch({ ...world, gen, readers: named, previousKey: world.epochKeys.get(gen - 1) ?? null })
  return [await draftRemove(world.suite, userId, []), draft]
}

function logSub(world: World, nextPos = world.records.length): Frame {
  return { type: 'LOGSUB', scope: world.scope, nextPos, keyCursor: 0 }
}

async function refusalOf(peer: Peer, frame: Frame): Promise<string> {
  return (await peer.ask(frame, 'REFUSE')).code
}

describe('the sequencer', () => {
  test('[RE150] names the head after what was asked for, also to one who has it all', async () => {
    const { world, connect } = await stage(['alice', 'bob'])
    const [alice, bob] = [await connect(world.person('alice')), await connect(world.person('bob'))]
    const head = world.fold.head()
    const last = await alice.ask({ type: 'LOGSUB', scope: world.scope, nextPos: 0, keyCursor: 0 }, 'LOGAT')
    expect(last).toEqual({ type: 'LOGAT', scope: world.scope, ...head })
    expect(alice.received.findIndex(({ type }) => type === 'ORDERED')).toBeLessThan(alice.received.indexOf(last))
    expect(await bob.ask({ type: 'LOGSUB', scope: world.scope, nextPos: 99, keyCursor: 0 }, 'LOGAT')).toEqual(last)
  })

  test('[RE12] sends a follower the log from where it says, and what is ordered from then on, countersigned', async () => {
    const { world, connect, follow } = await stage(['alice', 'bob'])
    const [alice, bob] = [await connect(world.person('alice')), await connect(world.person('bob'))]
    const whole = await bob.ask(logSub(world, 0), 'ORDERED')
    expect(whole.records).toEqual(world.records)
    const asked = await proposal(world, world.person('alice'), nextPlace(world.fold), addDoc(world))
    const [hers, his] = [await alice.ask(asked, 'ORDERED'), await bob.next('ORDERED')]
    expect(his).toEqual(hers)
    expect((await follow()).head()?.pos).toBe(world.records.length)
  })

  test('[RE13] a moved head is answered with its place; a stranger and a batch of foreign entries are refused', async () => {
    const { world, connect } = await stage(['alice', 'bob'])
    const [alice, bob] = [await connect(world.person('alice')), await connect(world.person('bob'))]
    const place = nextPlace(world.fold)
    const late = await proposal(world, world.person('bob'), place, addDoc(world))
    await alice.ask(await proposal(world, world.person('alice'), place, addDoc(world)), 'ORDERED')
    expect(await bob.ask(late, 'MOVED')).toMatchObject({ ref: 5, scope: world.scope, pos: place.pos })
    expect(await refusalOf(alice, late)).toBe('bad-proposal')
    expect(await refusalOf(alice, { type: 'PROPOSE', ref: 1, records: [] })).toBe('bad-proposal')
    const many = Array.from({ length: maxProposalRecords + 1 }, () => world.records[0]!)
    expect(await refusalOf(alice, { type: 'PROPOSE', ref: 1, records: many })).toBe('bad-proposal')
    expect(await refusalOf(alice, { type: 'PROPOSE', ref: 1, records: [new Uint8Array(20)] })).toBe('bad-proposal')
  })

  test('[RE14] what the fold refuses is refused with its reason and changes nothing', async () => {
    const { world, connect, memory } = await stage(['alice', 'bob'])
    const bob = await connect(world.person('bob'))
    expect(
      await refusalOf(bob, await proposal(world, world.person('bob'), nextPlace(world.fold), ...(await removal(world, 'alice')))),
    ).toBe('no-right')
    expect(await memory.readScope(world.scope, 0, 999)).toHaveLength(world.records.length)
    const good = await proposal(world, world.person('bob'), nextPlace(world.fold), addDoc(world))
    expect((await bob.ask(good, 'ORDERED')).records).toHaveLength(1)
  })

  test('[RE15] an entry is nobody’s before its commit: one that fails leaves log and fold as they were', async () => {
    const world = await setup('alice')
    const memory = makeMemoryRelayLog()
    await memory.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
    let isFull = true
    const log: RelayLog = {
      ...memory,
      appendScope: (rows) => (isFull ? Promise.reject(new RelayLogError('disk-full', 'no room')) : memory.appendScope(rows)),
    }
    const scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
    const alice = await scene.connect(world.person('alice'))
    const asked = await proposal(world, world.person('alice'), nextPlace(world.fold), addDoc(world))
    expect(await refusalOf(alice, asked)).toBe('disk-full')
    isFull = false
    expect((await alice.ask(asked, 'ORDERED')).records).toHaveLength(1)
  })

  test('[RE16] begins the first workspace for the setup session alone, and once', async () => {
    const world = await setup('alice')
    const secret = new Uint8Array(16).fill(5)
    const scene = await openScene({ ...world, log: makeMemoryRelayLog(), sequencerKey: world.sequencer, nowMs: worldNowMs, setup: secret })
    const genesis = (sequencer = world.sequencer.publicKey) =>
      proposal(
        world,
        world.person('alice'),
        genesisPlace,
        draftGenesis({ random: world.random, userLog: world.person('alice').identity.userLog, sequencer }),
        addDoc(world),
      )
    const alice = await scene.connect(world.person('alice'), { kind: 3, secret })
    expect(await refusalOf(alice, await genesis(world.person('mallory').identity.device.publicKey))).toBe('wrong-sequencer')
    expect((await alice.ask(await genesis(), 'ORDERED')).records).toHaveLength(2)
    expect(await refusalOf(alice, await genesis())).toBe('setup-used')
    const again = await scene.connect(world.person('alice'))
    expect(await refusalOf(again, await genesis())).toBe('no-right')
    expect(scene.core.setupOpen()).toBe(false)
  })

  test('[RE18] a removed member is told, cut off at once, and not let in again; the others go on', async () => {
    const { world, connect, tryConnect, core } = await stage(['alice', 'bob', 'carol'])
    const { suite, fold } = world
    const topic = topicIdOf(world.channel, 0)
    const [alice, bob, carol] = [
      await connect(world.person('alice')),
      await connect(world.person('bob')),
      await connect(world.person('carol')),
    ]
    for (const peer of [bob, carol]) {
      await peer.ask({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }, 'HEAD')
      await peer.send(logSub(world))
      await peer.settled()
    }
    const written = await sceneEnvelope({ suite, fold, person: world.person('bob'), topic, seq: 1, prev: null })
    await alice.ask(await proposal(world, world.person('alice'), nextPlace(fold), ...(await removal(world, 'bob'))), 'ORDERED')
    expect((await bob.next('ORDERED')).records).toHaveLength(2)
    await carol.next('ORDERED')
    await alice.settled()
    expect(bob.closed()).toEqual({ code: 4403, reason: 'not-a-member' })
    expect(await tryConnect(world.person('bob'))).toBe('not-a-member')
    expect(core.isTransportKey(Buffer.from(fold.transportKeyOf(world.person('bob').device) ?? []).toString('hex'))).toBe(false)
    const append: Frame = { type: 'APPEND', ref: 9, topic, envelope: written.bytes }
    expect((await alice.ask(append, 'REFUSE')).code).toBe('void')
    expect(carol.closed()).toBe(null)
  })

  test('[RE19] a member who is refused over and over is not judged any more, but may leave', { timeout: 20_000 }, async () => {
    const { world, connect } = await stage(['alice', 'bob'])
    const bob = await connect(world.person('bob'))
    const asked = await proposal(
      world,
      world.person('bob'),
      nextPlace(world.fold),
      await draftRemove(world.suite, world.person('alice').userId, []),
    )
    const codes: string[] = []
    for (let count = 0; count < 21; count++) codes.push(await refusalOf(bob, asked))
    expect(new Set(codes)).toEqual(new Set(['no-right', 'too-many-proposals']))
    // Admitting costs nothing while it is accepted: what is refused does.
    const { userId: user, identity } = world.person('bob')
    const admit = draftAdmit({ user, role: roles.editor, entries: identity.userLog })
    const admitting = await proposal(world, world.person('bob'), nextPlace(world.fold), admit)
    for (let count = 0; count < 20; count++) await refusalOf(bob, admitting)
    expect(await refusalOf(bob, admitting)).toBe('too-many-proposals')
    const leave = await proposal(world, world.person('bob'), nextPlace(world.fold), await draftLeave(world.suite, []))
    expect((await bob.ask(leave, 'ORDERED')).records).toHaveLength(1)
  })

  test('[RE29] what a cut voids is taken once an admin has admitted it late', async () => {
    const { world, connect, follow } = await stage(['alice', 'bob'])
    const { suite, fold } = world
    const topic = topicIdOf(world.channel, 0)
    const alice = await connect(world.person('alice'))
    const late = await sceneEnvelope({ suite, fold, person: world.person('bob'), topic, seq: 1, prev: null })
    const append: Frame = { type: 'APPEND', ref: 9, topic, envelope: late.bytes }
    await alice.ask(await proposal(world, world.person('alice'), nextPlace(fold), ...(await removal(world, 'bob'))), 'ORDERED')
    expect(await refusalOf(alice, append)).toBe('void')
    const { device } = world.person('bob')
    const admitted = draftAdmitLate({ device, topic, seq: 1, envelope: late.id })
    await alice.ask(await proposal(world, world.person('alice'), nextPlace(await follow()), admitted), 'ORDERED')
    expect((await alice.ask(append, 'ACK')).relaySeq).toBe(1)
  })

  test('[RE19] orders a removal under a flood of proposals', { timeout: 20_000 }, async () => {
    const scene = await stage(['alice', 'bob'])
    const flood = scene.world
    const [alice, bob] = [await scene.connect(flood.person('alice')), await scene.connect(flood.person('bob'))]
    // Bob, an editor, floods: the head moves under Alice's feet until his burst is spent.
    let fold = flood.fold
    let ordered = 0
    const stale = await proposal(flood, flood.person('alice'), nextPlace(fold), ...(await removal(flood, 'bob')))
    for (;;) {
      const asked = await proposal(flood, flood.person('bob'), nextPlace(fold), addDoc(flood))
      const before = bob.received.length
      await bob.send(asked)
      await bob.settled()
      const answer = bob.received.slice(before).find((frame) => frame.type === 'ORDERED' || (frame.type === 'REFUSE' && frame.ref === 5))
      if (answer?.type !== 'ORDERED') {
        expect(answer).toMatchObject({ code: 'too-many-proposals' })
        break
      }
      ordered += 1
      fold = await scene.follow()
    }
    expect(ordered).toBe(10)
    scene.clock.advance(60_000)
    // The head is Alice's for 2 s: what Bob proposes meanwhile waits.
    expect((await alice.ask(stale, 'MOVED')).pos).toBe(fold.head()?.pos)
    await bob.send(await proposal(flood, flood.person('bob'), nextPlace(fold), addDoc(flood)))
    const again = await proposal(flood, flood.person('alice'), nextPlace(fold), ...(await removal(flood, 'bob')))
    expect((await alice.ask(again, 'ORDERED')).records).toHaveLength(2)
    expect((await scene.follow()).member(flood.person('bob').userId)).toBe(null)
  })

  test('[RE19] leaving is never bounded, and who lets its hold pass waits for the next', async () => {
    const scene = await stage(['alice', 'bob', 'carol'])
    const { world } = scene
    const [bob, carol] = [await scene.connect(world.person('bob')), await scene.connect(world.person('carol'))]
    const place = nextPlace(world.fold)
    const stale = await proposal(world, world.person('bob'), place, addDoc(world))
    await carol.ask(await proposal(world, world.person('carol'), place, addDoc(world)), 'ORDERED')
    await bob.ask(stale, 'MOVED')
    const fold = await scene.follow()
    await carol.send(await proposal(world, world.person('carol'), nextPlace(fold), await draftLeave(world.suite, [])))
    scene.clock.advance(2_000)
    expect((await carol.next('ORDERED')).records).toHaveLength(1)
    expect((await bob.ask(stale, 'MOVED')).pos).toBe((await scene.follow()).head()?.pos)
  })

  test('[RE17] a document’s prefix belongs to the scope that named it first', async () => {
    const { world, connect } = await stage(['alice'])
    const alice = await connect(world.person('alice'))
    expect(await refusalOf(alice, await proposal(world, world.person('alice'), nextPlace(world.fold), addDoc(world, world.channel)))).toBe(
      'prefix-used',
    )
  })
})

describe('after a restart', () => {
  test('[RE7] folds what the log holds, and serves as before', async () => {
    const { world, memory } = await stage(['alice', 'bob'])
    const again = await openScene({ ...world, log: memory.crash(), sequencerKey: world.sequencer, nowMs: worldNowMs })
    const bob = await again.connect(world.person('bob'))
    expect((await bob.ask(logSub(world, 0), 'ORDERED')).records).toHaveLength(world.records.length)
  })

  test('[RE7] does not start over a log that no longer folds', async () => {
    const world = await setup('alice')
    const log = makeMemoryRelayLog()
    const broken = world.records.map((record, pos) => ({ scope: world.scope, pos, record: pos === 1 ? new Uint8Array([1, 2, 3]) : record }))
    await log.appendScope(broken)
    await expect(openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })).rejects.toThrow('bad-log')
  })
})
