import { beforeEach, describe, expect, test, vi } from 'vitest'
import { concatBytes } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  createJoinRequest,
  draftAdmit,
  draftAdmitLate,
  draftAdmitRequest,
  draftAnchor,
  draftCheckpoint,
  draftCreateInvitation,
  draftPinUser,
  draftRemove,
  draftSetMinimum,
  extendUserLog,
  generateDeviceKeys,
  invitationKeys,
  nextPlace,
  placeAfter,
  revokeDeviceOp,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { cutRootOf, decodeJoinRequest, makeScopeFold, roles, topicIdOf } from '@poruch/identity/fold'
import { importState } from '@poruch/identity/start'
import type { CutRow, RecordBytes, ScopeFold } from '@poruch/identity/fold'
import { makePerson, seededRandom, setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { branchAt, headPosOf, outcomeOf, someDoc, takeOverAt } from '../testing/branching.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(24)
const secret = random.bytes(16)
let suite: Suite
let world: World
let topic: TopicId
let steward: SigningKey
let admission: Draft

const rows = (name: string, seq: number): CutRow[] => [{ topic, device: world.person(name).device, seq, id: 'cd'.repeat(32) as EnvelopeId }]

/** A log with something in every table. */
beforeEach(async () => {
  suite = keyedHashSuite(random)
  steward = await suite.generateSigningKey()
  world = await setupWith({ suite, random, roles: { ann: roles.admin } }, 'olga', 'ann', 'bob', 'cid', 'eve')
  topic = topicIdOf(world.channel, 0)
  const dave = await makePerson(suite, random, 'dave')
  world.add(dave)
  const { id: invitation } = await invitationKeys(suite, secret)
  const link = { invitation, role: roles.editor, expiresAtMs: worldNowMs + 1, maxUses: 3, policy: 'approval' as const }
  await world.propose('ann', draftCreateInvitation(link))
  const { userLog, device } = dave.identity
  const request = await createJoinRequest({
    suite,
    random,
    link: { scope: world.scope, secret },
    user: dave.userId,
    userLog,
    device,
    displayName: '',
  })
  admission = draftAdmitRequest({ ...decodeJoinRequest(request), user: dave.userId, info: { role: roles.editor } })
  await world.propose('ann', admission)
  await world.propose('eve', await draftAnchor(suite, { topic, snapshot: random.bytes(32), frontier: rows('bob', 7) }))
  await world.propose(
    'ann',
    await draftSetMinimum(suite, { prefix: world.channel, minWrite: roles.admin, minReact: 1, cuts: rows('eve', 2) }),
  )
  await world.remove('bob', rows('bob', 3))
  await world.propose('ann', draftAdmitLate({ device: world.person('bob').device, topic, seq: 9, envelope: 'ef'.repeat(32) as EnvelopeId }))
  await loseDevice('cid')
  await world.rotate()
})

async function loseDevice(name: string): Promise<void> {
  const person = world.person(name)
  const laptop = await generateDeviceKeys(suite, random)
  const before = person.identity.state
  const added = await extendUserLog(suite, before, { op: await addDeviceOp(suite, before, laptop), signer: person.identity.device })
  const cutRoot = await cutRootOf(suite, rows(name, 4))
  const op = revokeDeviceOp(person.device, [{ scope: world.scope, cutRoot }])
  const revoked = await extendUserLog(suite, added.state, { op, signer: laptop.device })
  const pin = { user: person.userId, head: revoked.state.head, entries: [added.bytes, revoked.bytes], cuts: rows(name, 4) }
  await world.propose('olga', await draftPinUser(suite, pin))
}

async function checkpoint(by = 'olga', root?: Bytes): Promise<string> {
  return outcomeOf(tried(by, draftCheckpoint(root ?? (await world.fold.stateRoot()))))
}

async function tried(by: string, draft: Draft): ReturnType<ScopeFold['apply']> {
  const judged = await world.tryPropose(by, draft)
  return judged.ok ? { ok: true, value: () => {} } : judged
}

async function started(
  change: { state?: Bytes; checkpoint?: RecordBytes; owner?: string } = {},
): Promise<{ fold: ScopeFold | null; reason: string }> {
  const exported = await world.fold.exportState()
  if (!exported) throw new Error('nothing to start from')
  const judged = await importState({
    suite,
    scope: world.scope,
    state: change.state ?? exported.state,
    checkpoint: change.checkpoint ?? world.records[exported.pos] ?? new Uint8Array(),
    owner: world.person(change.owner ?? 'olga').device,
  })
  return judged.ok ? { fold: judged.value, reason: 'taken' } : { fold: null, reason: judged.reason }
}

async function newcomer(): Promise<ScopeFold> {
  const { fold, reason } = await started()
  if (!fold) throw new Error(reason)
  return fold
}

/** What a fold answers to everything that can be asked. */
function answers(fold: ScopeFold): unknown {
  const people = ['olga', 'ann', 'bob', 'cid', 'eve', 'dave', 'mallory'].map((name) => world.person(name))
  const at = Array.from({ length: headPosOf(fold) + 1 }, (_, pos) => [
    fold.entryIdAt(pos),
    fold.minGenAt(pos),
    fold.topicRuleAt(topic, pos),
    ...people.map(({ userId, device }) => [fold.roleAt(userId, pos), fold.userOf(device, pos)]),
    ...people.flatMap(({ device }) =>
      [1, 5, 8].map((seq) => fold.standing({ topic, device, seq, id: 'aa'.repeat(32) as EnvelopeId, pos }, (end) => end >= seq)),
    ),
  ])
  const byUser = (list: readonly { user: string }[]): unknown => list.toSorted((a, b) => (a.user < b.user ? -1 : 1))
  const whole = [
    fold.head(),
    fold.docs(),
    fold.epochs(),
    fold.invitations(),
    fold.sequencer(),
    fold.term(),
    fold.ownerTerm(),
    fold.epochDue(),
  ]
  return [...at, ...whole, byUser(fold.members()), fold.takeOverFloor()]
}

describe('a checkpoint', () => {
  test('[ID80] is an owner’s word for the state before it', async () => {
    expect(await checkpoint('ann')).toBe('no-right')
    expect(await checkpoint('olga', random.bytes(32))).toBe('bad-state')
    const before = await world.fold.stateRoot()
    await world.propose('olga', someDoc(random))
    expect(await checkpoint('olga', before)).toBe('bad-state')
    expect(await world.fold.exportState()).toBeNull()
    expect(await checkpoint()).toBe('taken')
    const copy = await world.copy()
    expect(answers(copy)).toEqual(answers(world.fold))
    expect((await copy.exportState())?.pos).toBe(headPosOf(copy))
  })

  test('[ID77] is not gone below by a take-over, but on', async () => {
    const below = nextPlace(world.fold)
    expect(await checkpoint()).toBe('taken')
    const at = nextPlace(world.fold)
    await world.propose('olga', someDoc(random))
    const takeOver = async (place: typeof below, fold: ScopeFold): Promise<string> => {
      const draft = await takeOverAt(world, place, { sequencer: steward.publicKey })
      return outcomeOf(fold.takeOver(await branchAt(world, place, { drafts: [draft], by: 'olga', key: steward })))
    }
    expect(await takeOver(below, await world.copy())).toBe('below-checkpoint')
    expect(await takeOver(at, await world.copy())).toBe('taken')
    const late = await newcomer()
    expect(await takeOver(below, late)).toBe('below-checkpoint')
    expect(await takeOver(at, late)).toBe('taken')
    // Two branches of a lying sequencer, each with a checkpoint: owners must still be able to decide.
    const parted = await world.copy()
    expect(await outcomeOf(parted.noteBranch(await branchAt(world, below, { drafts: [someDoc(random)], by: 'olga' })))).toBe('taken')
    expect(await takeOver(below, parted)).toBe('taken')
  })

  test('[ID81] has one root on all replicas, whatever else they know', async () => {
    const place = nextPlace(world.fold)
    const cold = await world.copy()
    await world.remove('eve')
    const warm = await world.copy()
    const drafts = [await takeOverAt(world, place, { sequencer: steward.publicKey }), someDoc(random)]
    const records = await branchAt(world, place, { drafts, by: 'olga', key: steward })
    expect(await outcomeOf(cold.apply(records))).toBe('taken')
    expect(await outcomeOf(warm.takeOver(records))).toBe('taken')
    expect(warm.removedOnAnyBranch(world.person('eve').userId)).toBe(true)
    expect(await warm.stateRoot()).toEqual(await cold.stateRoot())
    const other = await world.copy()
    expect(await other.stateRoot()).not.toEqual(await cold.stateRoot())
    const rival = await branchAt(world, placeAfter(other, place.pos - 1), { drafts: [someDoc(random)], by: 'olga' })
    const before = await other.stateRoot()
    expect(await outcomeOf(other.noteBranch(rival))).toBe('taken')
    expect(await other.stateRoot()).toEqual(before)
  })

  test('[ID82] lets a newcomer answer and judge as who read the whole log', async () => {
    expect(await checkpoint()).toBe('taken')
    await world.propose('ann', someDoc(random), someDoc(random))
    const fold = await newcomer()
    const { records } = world
    expect(await outcomeOf(fold.apply(records.slice(headPosOf(fold) + 1)))).toBe('taken')
    expect(answers(fold)).toEqual(answers(world.fold))
    expect(await fold.stateRoot()).toEqual(await world.fold.stateRoot())
    const whole = await world.copy()
    const { userId } = world.person('dave')
    const drafts = [
      [await draftRemove(suite, userId, rows('dave', 1)), admission],
      [draftAdmit({ user: world.person('bob').userId, role: roles.editor, entries: [] }), someDoc(random)],
      [someDoc(random), draftAdmit({ user: userId, role: roles.editor, entries: [] })],
    ]
    for (const batch of drafts) {
      const next = await branchAt(world, nextPlace(whole), { drafts: batch, by: 'ann' })
      expect(await outcomeOf(fold.apply(next))).toBe(await outcomeOf(whole.apply(next)))
      expect(answers(fold)).toEqual(answers(whole))
    }
    // A newcomer hands on what it began with.
    expect(await fold.exportState()).toEqual(await whole.exportState())
  })

  test('[ID82] is taken with the state that it commits to only', async () => {
    expect(await checkpoint()).toBe('taken')
    const exported = await world.fold.exportState()
    if (!exported) throw new Error('unexpected')
    const { state, pos } = exported
    expect((await started()).reason).toBe('taken')
    expect((await started({ owner: 'ann' })).reason).toBe('untrusted')
    expect((await started({ checkpoint: world.records[pos - 1] ?? new Uint8Array() })).reason).toBe('untrusted')
    expect((await started({ checkpoint: new Uint8Array(4) })).reason).toBe('bad-bytes')
    for (const bytes of [
      new Uint8Array(),
      state.slice(1),
      state.slice(0, -1),
      concatBytes(state, Uint8Array.of(0, 0)),
      Uint8Array.of(255, 255, 255, 255),
    ])
      expect((await started({ state: bytes })).reason).toBe('bad-bytes')
    const outcomes = new Set<string>()
    for (let round = 0; round < 150; round++) {
      const [a = 0, b = 0, value = 0] = random.bytes(3)
      const damaged = state.slice()
      const at = (a * 256 + b) % damaged.length
      if (damaged[at] === value) continue
      damaged[at] = value
      outcomes.add((await started({ state: damaged })).reason)
    }
    expect(outcomes.has('taken')).toBe(false)
    expect(outcomes.has('bad-state')).toBe(true)
    expect(outcomes.has('bad-bytes')).toBe(true)
  })

  test('[ID82] of an earlier position does not fit', async () => {
    expect(await checkpoint()).toBe('taken')
    const first = await world.fold.exportState()
    await world.propose('olga', someDoc(random))
    expect(await checkpoint()).toBe('taken')
    const second = await world.fold.exportState()
    expect(second?.pos).toBe((first?.pos ?? 0) + 2)
    expect((await started({ state: first?.state ?? new Uint8Array() })).reason).toBe('bad-position')
    const fold = await newcomer()
    const empty = makeScopeFold({ suite, scope: world.scope })
    expect(await outcomeOf(empty.apply(world.records.slice(headPosOf(fold))))).not.toBe('taken')
  })
})
