import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SigningKey, Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  approveSequencer,
  deviceIdOf,
  draftAdmit,
  draftPinUser,
  draftRemove,
  extendUserLog,
  generateDeviceKeys,
  nextPlace,
  placeAfter,
  revokeDeviceOp,
  sealEpochKey,
} from '@poruch/identity'
import type { Draft, LogPlace } from '@poruch/identity'
import { cutRootOf, roles, verifySealedKey } from '@poruch/identity/fold'
import type { ScopeFold } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { branchingSteps, headPosOf, ownerDraft } from '../testing/branching.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(21)
let suite: Suite
let world: World
let steward: SigningKey

const { doc, branch, takeOverDraft, makeOwner, reason, takeOver } = branchingSteps(random, () => ({ world, steward }))
const headPos = (fold: ScopeFold = world.fold): number => headPosOf(fold)

beforeEach(async () => {
  suite = keyedHashSuite(random)
  steward = await suite.generateSigningKey()
  world = await setupWith({ suite, random, roles: { bob: roles.admin, cid: roles.admin } }, 'ann', 'bob', 'cid', 'eve')
})

describe('a take-over at the head', () => {
  test('[ID74] is by more than half of the owners, for the next term, with a key that never ordered here', async () => {
    await makeOwner('bob', ['ann'])
    await makeOwner('cid', ['ann', 'bob'])
    const place = nextPlace(world.fold)
    const judge = async (draft: Draft, by = 'ann', key = steward): Promise<string> =>
      reason(await world.copy(), await branch(place, [draft], { by, key }))
    expect(await judge(await takeOverDraft(place, { signers: ['bob'] }))).toBe('taken')
    expect(await judge(await takeOverDraft(place))).toBe('no-majority')
    expect(await judge(await takeOverDraft(place, { signers: ['ann'] }))).toBe('no-majority')
    expect(await judge(await takeOverDraft(place, { signers: ['eve', 'mallory'] }))).toBe('no-majority')
    expect(await judge(await takeOverDraft(place, { signers: ['bob', 'cid'] }), 'eve')).toBe('no-right')
    expect(await judge(await takeOverDraft(place, { signers: ['bob'], term: 2 }))).toBe('bad-term')
    expect(await judge(await takeOverDraft(place, { signers: ['bob'], term: 0 }))).toBe('bad-term')
    const same = await takeOverDraft(place, { signers: ['bob'], sequencer: world.sequencer.publicKey })
    expect(await judge(same, 'ann', world.sequencer)).toBe('sequencer-used')
    const good = await takeOverDraft(place, { signers: ['bob'] })
    expect(await judge(good, 'ann', world.sequencer)).toBe('bad-countersignature')
    if (good.op.kind !== 'set-sequencer') throw new Error('unexpected')
    expect(await judge({ ...good, op: { ...good.op, at: good.op.at - 1 } })).toBe('bad-position')
    for (const change of [{ term: 2 }, { sequencer: random.bytes(32) }, { scope: 'ab'.repeat(32) as typeof world.scope }]) {
      const terms = {
        scope: world.scope,
        term: 1,
        at: place.pos - 1,
        atId: place.prev ?? world.scope,
        sequencer: steward.publicKey,
        ...change,
      }
      const forged = await approveSequencer(suite, world.person('bob').identity.device, terms as Parameters<typeof approveSequencer>[2])
      expect(await judge({ ...good, op: { ...good.op, approvals: [forged] } })).toBe('bad-approval')
    }
  })

  test('[ID74] needs no word of the old sequencer, and lets only the new one order', async () => {
    const place = nextPlace(world.fold)
    const copy = await world.copy()
    const records = await branch(place, [await takeOverDraft(place), doc(), doc()], { key: steward })
    expect(await reason(copy, records)).toBe('taken')
    expect(copy.sequencer()).toEqual(steward.publicKey)
    expect(copy.term()).toBe(1)
    expect(await reason(copy, await branch(nextPlace(copy), [doc()]))).toBe('bad-countersignature')
    expect(await reason(copy, await branch(nextPlace(copy), [doc()], { key: steward }))).toBe('taken')
    // A former sequencer is never one again: its old countersignatures would be new ones.
    const again = nextPlace(copy)
    const back = await takeOverDraft(again, { term: 2, sequencer: world.sequencer.publicKey })
    expect(await reason(copy, await branch(again, [back], { key: world.sequencer }))).toBe('sequencer-used')
  })
})

describe('a take-over from the past', () => {
  test('[ID75] [ID205] takes the state back to its position and names what it abandons', async () => {
    const at = headPos()
    const before = { members: world.fold.members(), docs: world.fold.docs(), epochs: world.fold.epochs(), at }
    const place = placeAfter(world.fold, at)
    const version = world.fold.cutVersion()
    await world.propose('ann', doc(), doc())
    await world.remove('eve')
    const replica = await world.copy()
    const wasHead = replica.head()
    const records = await branch(place, [await takeOverDraft(place)], { key: steward })
    const judged = await replica.takeOver(records)
    if (!judged.ok) throw new Error(judged.reason)
    expect(judged.value.abandoned.map(({ pos }) => pos)).toEqual([at + 1, at + 2, at + 3, at + 4])
    expect(judged.value.abandoned.at(-1)?.id).toBe(wasHead?.id)
    expect(replica.members()).toEqual(before.members)
    expect(replica.docs()).toEqual(before.docs)
    expect(replica.epochs()).toEqual(before.epochs)
    expect(headPos(replica)).toBe(at + 1)
    expect(replica.entryIdAt(at + 2)).toBeNull()
    expect(replica.cutVersion()).toBeGreaterThan(version)
    expect([at, at + 1, at + 9].map(replica.leftAt)).toEqual([null, at, at])
    judged.value.undo()
    expect(replica.leftAt(at + 1)).toBeNull()
    expect(replica.head()).toEqual(wasHead)
    expect(replica.members()).toEqual(world.fold.members())
    expect(replica.docs()).toEqual(world.fold.docs())
    expect(replica.sequencer()).toEqual(world.sequencer.publicKey)
    expect(await takeOver(replica, records)).toBe('taken')
  })

  test('[ID75] ends in the same state as a fold that never knew the abandoned entries', async () => {
    const place = nextPlace(world.fold)
    const cold = await world.copy()
    await world.propose('ann', doc())
    await world.setRole('eve', roles.viewer, [])
    await world.remove('cid')
    const warm = await world.copy()
    const records = await branch(place, [await takeOverDraft(place), doc(), await draftRemove(suite, world.person('eve').userId, [])], {
      key: steward,
    })
    expect(await reason(cold, records)).toBe('taken')
    expect(await takeOver(warm, records)).toBe('taken')
    const more = await branch(nextPlace(cold), [doc()], { key: steward })
    for (const fold of [cold, warm]) expect(await reason(fold, more)).toBe('taken')
    expect(warm.head()).toEqual(cold.head())
    expect(warm.members()).toEqual(cold.members())
    expect(warm.docs()).toEqual(cold.docs())
    expect(warm.epochs()).toEqual(cold.epochs())
    for (let pos = 0; pos <= headPos(cold); pos++) {
      expect(warm.entryIdAt(pos)).toBe(cold.entryIdAt(pos))
      expect(warm.minGenAt(pos)).toBe(cold.minGenAt(pos))
      expect(warm.roleAt(world.person('eve').userId, pos)).toBe(cold.roleAt(world.person('eve').userId, pos))
    }
  })

  test('[ID75] lets abandoned entries be proposed again', async () => {
    const place = nextPlace(world.fold)
    const kept = doc()
    await world.propose('ann', kept)
    const replica = await world.copy()
    expect(await takeOver(replica, await branch(place, [await takeOverDraft(place), kept], { key: steward }))).toBe('taken')
    expect(replica.docs()).toHaveLength(world.fold.docs().length)
  })

  test('[ID75] is judged before the new sequencer signs it, in proposal mode', async () => {
    const place = nextPlace(world.fold)
    await world.propose('ann', doc())
    const replica = await world.copy()
    const proposals = await branch(place, [await takeOverDraft(place), doc()], { key: null })
    expect(await takeOver(replica, proposals)).toBe('bad-countersignature')
    expect(await replica.takeOver(proposals, { proposal: true })).toMatchObject({ ok: true })
    const other = await world.copy()
    expect(await other.takeOver(await branch(place, [await takeOverDraft(place)], { key: steward }), { proposal: true })).toEqual({
      ok: false,
      reason: 'bad-countersignature',
    })
  })

  test('[ID75] is refused without a SetSequencer, off the log, and when a later record is bad', async () => {
    const place = nextPlace(world.fold)
    await world.propose('ann', doc())
    const replica = await world.copy()
    const head = replica.head()
    expect(await takeOver(replica, [])).toBe('no-branch')
    expect(await takeOver(replica, [new Uint8Array(3)])).toBe('bad-bytes')
    expect(await takeOver(replica, await branch(place, [doc()]))).toBe('no-take-over')
    const off = { ...place, prev: replica.entryIdAt(0) }
    expect(await takeOver(replica, await branch(off, [await takeOverDraft(off)], { key: steward }))).toBe('bad-position')
    const elsewhere = { ...place, scope: 'ab'.repeat(32) as typeof world.scope }
    expect(await takeOver(replica, await branch(elsewhere, [await takeOverDraft(elsewhere)], { key: steward }))).toBe('wrong-scope')
    const broken = [await takeOverDraft(place), draftAdmit({ user: world.person('eve').userId, role: roles.editor, entries: [] })]
    expect(await takeOver(replica, await branch(place, broken, { key: steward }))).toBe('already-member')
    expect(replica.head()).toEqual(head)
    expect(replica.term()).toBe(0)
    expect(await reason(replica, await branch(nextPlace(replica), [doc()]))).toBe('taken')
  })

  test('[ID76] is not for a deposed founder: the signers are a majority at every position that it leaves', async () => {
    const at = headPos()
    const place = placeAfter(world.fold, at)
    await makeOwner('bob', ['ann'])
    await makeOwner('cid', ['ann', 'bob'])
    const three = headPos()
    await world.propose('bob', await ownerDraft(world, 'ann', { owners: ['bob', 'cid'], role: roles.admin }))
    const replica = await world.copy()
    const judge = async (of: LogPlace, signers: readonly string[], by = 'ann'): Promise<string> =>
      takeOver(await world.copy(), await branch(of, [await takeOverDraft(of, { signers })], { by, key: steward }))
    expect(await judge(place, [])).toBe('no-majority')
    expect(await judge(placeAfter(world.fold, at + 1), ['bob'])).toBe('no-majority')
    expect(await judge(placeAfter(world.fold, three), ['bob'])).toBe('no-majority')
    expect(await judge(placeAfter(world.fold, three), ['bob', 'cid'])).toBe('taken')
    expect(await judge(place, ['bob', 'cid'])).toBe('taken')
    expect(await judge(nextPlace(world.fold), ['cid'], 'bob')).toBe('taken')
    // Who knows less cannot know better.
    expect(await takeOver(replica, await branch(nextPlace(replica), [await takeOverDraft(nextPlace(replica))], { key: steward }))).toBe(
      'no-right',
    )
  })

  test('[ID76] asks for the owners of a branch that the same sequencer ordered beside the log, too', async () => {
    const beside = await branch(nextPlace(world.fold), [await ownerDraft(world, 'bob', { owners: ['ann'], role: roles.owner })])
    await world.propose('ann', doc())
    expect(await world.fold.noteBranch(beside)).toMatchObject({ ok: true, value: { fraud: true } })
    const place = nextPlace(world.fold)
    const judge = async (signers: readonly string[]): Promise<string> =>
      reason(world.fold, await branch(place, [await takeOverDraft(place, { signers })], { key: steward }))
    expect(await judge([])).toBe('no-majority')
    expect(await judge(['bob'])).toBe('taken')
  })

  test('[ID76] counts no device that was revoked since', async () => {
    const person = world.person('ann')
    const laptop = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, person.identity.state, {
      op: await addDeviceOp(suite, person.identity.state, laptop),
      signer: person.identity.device,
    })
    const stolen = person.identity
    person.identity = { ...stolen, state: added.state, userLog: [...stolen.userLog, added.bytes] }
    await world.pin('ann', [added.bytes])
    const place = nextPlace(world.fold)
    const revoked = await extendUserLog(suite, added.state, {
      op: revokeDeviceOp(person.device, [{ scope: world.scope, cutRoot: await cutRootOf(suite, []) }]),
      signer: laptop.device,
    })
    const records = await branch(place, [await takeOverDraft(place)], { key: steward })
    const before = await world.copy()
    person.identity = { ...person.identity, device: laptop.device, state: revoked.state }
    await world.propose(
      'ann',
      await draftPinUser(suite, { user: person.userId, head: revoked.state.head, entries: [revoked.bytes], cuts: [] }),
    )
    expect(await takeOver(await world.copy(), records)).toBe('no-majority')
    expect(await takeOver(before, records)).toBe('taken')
    expect(deviceIdOf(laptop.device)).not.toBe(person.device)
  })

  test('[ID77] does not go below an earlier one', async () => {
    const place = nextPlace(world.fold)
    const replica = await world.copy()
    expect(await takeOver(replica, await branch(place, [await takeOverDraft(place), doc()], { key: steward }))).toBe('taken')
    expect(replica.takeOverFloor()).toBe(place.pos)
    const third = await suite.generateSigningKey()
    const second = { term: 2, sequencer: third.publicKey }
    expect(await takeOver(replica, await branch(place, [await takeOverDraft(place, second)], { key: third }))).toBe('below-checkpoint')
    const rival = { ...(await takeOverDraft(place, { sequencer: third.publicKey })) }
    expect(await takeOver(replica, await branch(place, [rival], { key: third }))).toBe('below-checkpoint')
    const next = placeAfter(replica, place.pos)
    const old = await takeOverDraft(next, { term: 1, sequencer: third.publicKey })
    expect(await takeOver(replica, await branch(next, [old], { key: third }))).toBe('bad-term')
    expect(await takeOver(replica, await branch(next, [await takeOverDraft(next, second)], { key: third }))).toBe('taken')
    expect(replica.term()).toBe(2)
    expect(await takeOver(replica, world.records)).toBe('bad-position')
  })

  test('[ID78] keeps who was removed on the abandoned branch from being sealed to, until the log speaks of them', async () => {
    const place = nextPlace(world.fold)
    await world.remove('eve')
    const { userId, identity } = world.person('eve')
    const replica = await world.copy()
    const removal = await draftRemove(suite, userId, [])
    expect(await takeOver(replica, await branch(place, [await takeOverDraft(place)], { key: steward }))).toBe('taken')
    expect(replica.roleAt(userId, headPos(replica))).toBe(roles.editor)
    expect(replica.removedOnAnyBranch(userId)).toBe(true)
    expect(replica.removedOnAnyBranch(world.person('bob').userId)).toBe(false)
    const epoch = replica.epochs().at(-1)
    const puk = identity.state.puk
    if (!epoch || !puk) throw new Error('unexpected')
    const bytes = await sealEpochKey({
      suite,
      device: world.person('ann').identity.device,
      scope: world.scope,
      epoch: epoch.id,
      key: world.epochKeys.get(epoch.gen) ?? new Uint8Array(),
      reader: { user: userId, puk },
    })
    expect(await verifySealedKey(suite, replica, { bytes })).toEqual({ ok: false, reason: 'no-reader' })
    expect(await verifySealedKey(suite, replica, { bytes, stored: true })).toMatchObject({ ok: true })
    expect(await reason(replica, await branch(nextPlace(replica), [removal], { key: steward }))).toBe('taken')
    expect(replica.removedOnAnyBranch(userId)).toBe(false)
    const back = draftAdmit({ user: userId, role: roles.viewer, entries: [] })
    expect(await reason(replica, await branch(nextPlace(replica), [back], { key: steward }))).toBe('taken')
    expect(await verifySealedKey(suite, replica, { bytes })).toMatchObject({ ok: true })
  })
})
