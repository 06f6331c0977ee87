import {
  addDeviceOp,
  draftPinUser,
  extendUserLog,
  nextPlace,
  proposeAll,
  recoverIdentity,
  recoveryKeysFromWords,
  replaceRecoveryOp,
} from '@poruch/identity'
import type { RecoveryKeys } from '@poruch/identity'
import type { TopicId } from '@poruch/base'
import type { FrameOf } from '@poruch/sync/wire'
import { makePerson, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { openScene, sessionRequest } from '../testing/scene.ts'
import type { Scene, ScenePerson } from '../testing/scene.ts'

interface Stage extends Scene {
  readonly world: World
  /** Of Bob's words. */
  readonly recovery: RecoveryKeys
  /** A device that nobody knows. */
  readonly fresh: Person
  /** Bob's recovery as a proposal: the new device, and what it proposes. */
  recovered(): Promise<{ readonly person: ScenePerson; readonly frame: FrameOf<'PROPOSE'> }>
}

async function stage(change?: (world: World) => Promise<void>): Promise<Stage> {
  const world = await setup('alice', 'bob')
  await change?.(world)
  const { suite, random } = world
  const log = makeMemoryRelayLog()
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  const scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
  const bob = world.person('bob')
  return {
    ...scene,
    world,
    recovery: await recoveryKeysFromWords(suite, bob.words),
    fresh: await makePerson(suite, random, 'fresh'),
    recovered: async () => {
      const { userLog } = bob.identity
      const identity = await recoverIdentity({ suite, random, words: bob.words, userLog })
      const entries = identity.userLog.slice(userLog.length)
      const draft = await draftPinUser(suite, { user: bob.userId, head: identity.state.head, entries })
      const author = { device: identity.device, userLogHead: identity.state.head }
      const proposals = await proposeAll(suite, nextPlace(world.fold), { drafts: [draft], author })
      const device = Buffer.from(identity.device.publicKey).toString('hex') as ScenePerson['device']
      return { person: { device, identity }, frame: { type: 'PROPOSE', ref: 5, records: proposals.map(({ record }) => record) } }
    },
  }
}

const topicOf = (world: World): TopicId => `${world.channel}00000000` as TopicId

describe('sessions by a recovery key', () => {
  test('[RE140] it opens one for a device that nobody knows; every other key gets the same answer, whoever holds it', async () => {
    const { world, fresh, recovery, tryConnect } = await stage()
    const mallory = await recoveryKeysFromWords(world.suite, fresh.words)
    expect(typeof (await tryConnect(fresh, { kind: 4, recovery: recovery.sign }))).toBe('object')
    expect(await tryConnect(fresh, { kind: 4, recovery: mallory.sign })).toBe('recovery-unknown')
    expect(await tryConnect(fresh, { kind: 4, recovery: world.person('bob').identity.device })).toBe('recovery-unknown')
  })

  test('[RE140] naming another’s key without holding it, or for another device, is a bad signature, known key or not', async () => {
    const { world, fresh, recovery, tryConnect } = await stage()
    const holdsNot = { ...fresh.identity.device, publicKey: recovery.sign.publicKey }
    const unknown = { ...fresh.identity.device, publicKey: world.random.bytes(32) }
    expect(await tryConnect(fresh, { kind: 4, recovery: holdsNot })).toBe('bad-signature')
    expect(await tryConnect(fresh, { kind: 4, recovery: unknown })).toBe('bad-signature')
    expect(await tryConnect(fresh, { kind: 4, recovery: recovery.sign, forDevice: world.person('alice').device })).toBe('bad-signature')
  })

  test('[RE140] a recorded proof opens nothing: neither again, nor for the thief’s device', async () => {
    const { world, core, fresh, recovery } = await stage()
    const proof = { kind: 4, recovery: recovery.sign } as const
    const request = await sessionRequest({ ...world, core, relayKey: world.sequencer.publicKey, person: fresh, proof })
    expect((await core.openSession(request)).ok).toBe(true)
    expect(await core.openSession(request)).toEqual({ ok: false, reason: 'bad-challenge' })
    // The thief takes the proof into a request of an own challenge.
    const thief = world.person('mallory')
    const own = await sessionRequest({ ...world, core, relayKey: world.sequencer.publicKey, person: thief, proof })
    own.set(request.slice(67, 67 + 96), 67)
    expect(await core.openSession(own)).toEqual({ ok: false, reason: 'bad-signature' })
  })

  test('[RE140] a key that was replaced, or whose user is no member any more, is an unknown one', async () => {
    const replaced = await stage(async (world) => {
      const bob = world.person('bob')
      const old = await recoveryKeysFromWords(world.suite, bob.words)
      const next = await recoveryKeysFromWords(world.suite, (await makePerson(world.suite, world.random, 'next')).words)
      const { state } = bob.identity
      const { bytes, state: after } = await extendUserLog(world.suite, state, {
        op: await replaceRecoveryOp(world.suite, state, next),
        signer: old.sign,
      })
      bob.identity = { ...bob.identity, state: after, userLog: [...bob.identity.userLog, bytes] }
      await world.pin('bob', [bytes])
    })
    expect(await replaced.tryConnect(replaced.fresh, { kind: 4, recovery: replaced.recovery.sign })).toBe('recovery-unknown')
    const removed = await stage(async (world) => world.remove('bob'))
    expect(await removed.tryConnect(removed.fresh, { kind: 4, recovery: removed.recovery.sign })).toBe('recovery-unknown')
  })

  test('[RE141] it is told the user’s logs and reads what the user may read, and sends nothing but the proposal of its device', async () => {
    const { world, fresh, recovery, connect, core } = await stage()
    const peer = await connect(fresh, { kind: 4, recovery: recovery.sign })
    const told = { type: 'SCOPES', ref: 1, scopes: [{ scope: world.scope, nextPos: world.records.length }] }
    expect(await peer.ask({ type: 'MEMBEROF', ref: 1 }, 'SCOPES')).toEqual(told)
    await peer.send({ type: 'LOGSUB', scope: world.scope, nextPos: 0, keyCursor: 0 })
    await peer.ask({ type: 'MEMBEROF', ref: 2 }, 'SCOPES')
    expect(peer.received.flatMap((frame) => (frame.type === 'ORDERED' ? frame.records : []))).toEqual(world.records)
    const topic = topicOf(world)
    expect(await peer.ask({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }, 'HEAD')).toMatchObject({ topic })
    expect(typeof core.bulk(peer.token, new Uint8Array([0, 0]))).toBe('object')
    const envelope = new Uint8Array(200)
    const record = world.sealedKeys[0] ?? envelope
    expect(await peer.ask({ type: 'APPEND', ref: 3, topic, envelope }, 'REFUSE')).toMatchObject({ ref: 3, code: 'no-right' })
    expect(await peer.ask({ type: 'PUTKEY', ref: 4, kind: 1, record }, 'REFUSE')).toMatchObject({ ref: 4, code: 'no-right' })
  })

  test('[RE142] its proposal makes the device a member’s', async () => {
    const { world, recovery, connect, recovered } = await stage()
    const { person, frame } = await recovered()
    const peer = await connect(person, { kind: 4, recovery: recovery.sign })
    expect(await peer.ask(frame, 'ORDERED')).toMatchObject({ scope: world.scope })
    peer.leave()
    expect(typeof (await connect(person))).toBe('object')
  })

  test('[RE142] who recovers one user cannot add a device to another’s log', async () => {
    const { world, recovery, connect, fresh } = await stage()
    const { suite } = world
    const alice = world.person('alice')
    const peer = await connect(fresh, { kind: 4, recovery: recovery.sign })
    const op = await addDeviceOp(suite, alice.identity.state, fresh.identity)
    const unsigned = await extendUserLog(suite, alice.identity.state, {
      op,
      signer: (await recoveryKeysFromWords(suite, alice.words)).sign,
    })
    // The entry is right but for its signature, which the words of Alice alone can give.
    const forged = unsigned.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const draft = await draftPinUser(suite, { user: alice.userId, head: unsigned.state.head, entries: [forged] })
    const author = { device: fresh.identity.device, userLogHead: unsigned.state.head }
    const made = await proposeAll(suite, nextPlace(world.fold), { drafts: [draft], author })
    const frame: FrameOf<'PROPOSE'> = { type: 'PROPOSE', ref: 9, records: made.map(({ record }) => record) }
    expect(await peer.ask(frame, 'REFUSE')).toMatchObject({ ref: 9, code: 'bad-user-log' })
  })

  test('[RE143] the sessions of one recovery key are bounded', async () => {
    const { fresh, recovery, tryConnect } = await stage()
    const open = async (): Promise<string> => {
      const peer = await tryConnect(fresh, { kind: 4, recovery: recovery.sign })
      return typeof peer === 'string' ? peer : 'open'
    }
    const answers: string[] = []
    for (let n = 0; n < 21; n++) answers.push(await open())
    expect(answers.slice(0, 20).every((answer) => answer === 'open')).toBe(true)
    expect(answers[20]).toBe('too-many-requests')
  })
})
