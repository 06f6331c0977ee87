import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bytes } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { draftRemove, nextPlace } from '@poruch/identity'
import type { LogPlace } from '@poruch/identity'
import { decodeEntry, decodeRecord, entryIdOf, roles, verifyFraud } from '@poruch/identity/fold'
import type { RecordBytes } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { branchingSteps, ownerDraft } from '../testing/branching.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(22)
let suite: Suite
let world: World
let steward: SigningKey

const { doc, branch, takeOverDraft, makeOwner, reason, takeOver } = branchingSteps(random, () => ({ world, steward }))

beforeEach(async () => {
  suite = keyedHashSuite(random)
  steward = await suite.generateSigningKey()
  world = await setupWith({ suite, random, roles: { bob: roles.admin, cid: roles.admin } }, 'ann', 'bob', 'cid', 'eve')
})

describe('two entries at one position', () => {
  test('[ID79] prove fraud to anyone who has both records and the key', async () => {
    const place = nextPlace(world.fold)
    const [one] = await branch(place, [doc()])
    const [other] = await branch(place, [doc()])
    const [later] = await branch({ ...place, pos: place.pos + 1 }, [doc()])
    const [byAnother] = await branch(place, [doc()], { key: steward })
    const [proposal] = await branch(place, [doc()], { key: null })
    if (!one || !other || !later || !byAnother || !proposal) throw new Error('unexpected')
    const sequencer = world.sequencer.publicKey
    const judge = async (pair: readonly [Bytes, Bytes], change: { scope?: typeof world.scope } = {}): Promise<string | number> => {
      const judged = await verifyFraud(suite, { scope: world.scope, sequencer, pair, ...change })
      return judged.ok ? judged.value.pos : judged.reason
    }
    expect(await judge([one, other])).toBe(place.pos)
    expect(await judge([one, one])).toBe('no-fraud')
    expect(await judge([one, later])).toBe('no-fraud')
    expect(await judge([one, byAnother])).toBe('bad-countersignature')
    expect(await judge([proposal, one])).toBe('bad-countersignature')
    expect(await judge([one, other.slice(1)])).toBe('bad-bytes')
    expect(await judge([one, other], { scope: 'ab'.repeat(32) as typeof world.scope })).toBe('wrong-scope')
    const fold = await world.copy()
    expect(await fold.reportFraud(one, byAnother)).toEqual({ ok: false, reason: 'bad-countersignature' })
    expect(fold.frozen()).toBe(false)
    expect(await fold.reportFraud(one, other)).toEqual({ ok: true, value: { pos: place.pos } })
    expect(fold.frozen()).toBe(true)
  })

  test('[ID79] stop the log on either branch, until owners take over', async () => {
    const place = nextPlace(world.fold)
    const rival = await branch(place, [doc(), await draftRemove(suite, world.person('eve').userId, [])])
    await world.propose('ann', doc())
    const replica = await world.copy()
    const head = replica.head()
    expect(await replica.noteBranch(rival)).toEqual({ ok: true, value: { fraud: true, removed: [world.person('eve').userId] } })
    expect(replica.frozen()).toBe(true)
    expect(replica.head()).toEqual(head)
    expect(replica.removedOnAnyBranch(world.person('eve').userId)).toBe(true)
    expect(replica.member(world.person('eve').userId)?.role).toBe(roles.editor)
    expect(await reason(replica, await branch(nextPlace(replica), [doc()]))).toBe('frozen')
    expect(await replica.apply(await branch(nextPlace(replica), [doc()], { key: null }), { proposal: true })).toEqual({
      ok: false,
      reason: 'frozen',
    })
    const next = nextPlace(replica)
    const judged = await replica.apply(await branch(next, [await takeOverDraft(next), doc()], { key: steward }))
    if (!judged.ok) throw new Error(judged.reason)
    expect(replica.frozen()).toBe(false)
    judged.value()
    expect(replica.frozen()).toBe(true)
  })

  test('[ID79] let owners choose the other branch', async () => {
    const place = nextPlace(world.fold)
    const rival = await branch(place, [doc(), doc()])
    await world.propose('ann', doc())
    const ours = await world.copy()
    const theirs = await world.copy()
    expect((await ours.noteBranch(rival)).ok).toBe(true)
    const last = rival.at(-1)
    if (!last) throw new Error('unexpected')
    const { entry } = decodeRecord(last)
    const after = { scope: world.scope, pos: decodeEntry(entry).pos + 1, prev: await entryIdOf(suite, entry) }
    const records = [...rival, ...(await branch(after, [await takeOverDraft(after)], { key: steward }))]
    expect(await takeOver(ours, records)).toBe('taken')
    expect(await takeOver(theirs, records)).toBe('taken')
    expect(ours.frozen()).toBe(false)
    expect(ours.head()).toEqual(theirs.head())
    expect(ours.docs()).toEqual(theirs.docs())
    expect(ours.entryIdAt(after.pos - 1)).toBe(after.prev)
  })

  test('[ID76] ask for a majority on the other branch too', async () => {
    await makeOwner('bob', ['ann'])
    const place = nextPlace(world.fold)
    const rival = await branch(place, [await ownerDraft(world, 'cid', { owners: ['ann', 'bob'], role: roles.owner }), doc()])
    const unmade = await branch(place, [await ownerDraft(world, 'bob', { owners: ['ann', 'bob'], role: roles.admin })])
    await world.propose('ann', doc(), doc(), doc())
    const next = nextPlace(world.fold)
    const judge = async (of: LogPlace, signers: readonly string[], known: readonly RecordBytes[][]): Promise<string> => {
      const replica = await world.copy()
      for (const records of known) expect((await replica.noteBranch(records)).ok).toBe(true)
      return takeOver(replica, await branch(of, [await takeOverDraft(of, { signers })], { key: steward }))
    }
    expect(await judge(next, ['bob'], [rival])).toBe('taken')
    expect(await judge(next, [], [])).toBe('no-majority')
    expect(await judge(next, ['cid'], [rival])).toBe('no-majority')
    expect(await judge(next, ['bob'], [unmade])).toBe('taken')
    expect(await judge(place, ['bob'], [rival, unmade])).toBe('taken')
    expect(await judge(place, [], [unmade])).toBe('no-majority')
  })

  test('[ID78] are learnt also of a sequencer that was replaced, without stopping the log', async () => {
    const place = nextPlace(world.fold)
    const left = await branch(place, [await draftRemove(suite, world.person('eve').userId, [])])
    const replica = await world.copy()
    expect(await takeOver(replica, await branch(place, [await takeOverDraft(place)], { key: steward }))).toBe('taken')
    expect(await replica.noteBranch(left)).toEqual({ ok: true, value: { fraud: false, removed: [world.person('eve').userId] } })
    expect(replica.frozen()).toBe(false)
    expect(replica.removedOnAnyBranch(world.person('eve').userId)).toBe(true)
  })

  test('[ID79] are no branch unless they differ, follow the log, and are good', async () => {
    const place = nextPlace(world.fold)
    const [own] = await branch(place, [doc()])
    const replica = await world.copy()
    if (!own) throw new Error('unexpected')
    const note = async (records: readonly RecordBytes[]): Promise<string> => {
      const judged = await replica.noteBranch(records)
      return judged.ok ? 'noted' : judged.reason
    }
    expect(await note([own])).toBe('no-branch')
    expect(await reason(replica, [own])).toBe('taken')
    expect(await note([own])).toBe('no-branch')
    expect(await note(await branch({ ...place, prev: replica.entryIdAt(0) }, [doc()]))).toBe('bad-position')
    expect(await note(await branch(place, [doc()], { key: steward }))).toBe('bad-countersignature')
    expect(await note(await branch(place, [doc()], { by: 'mallory' }))).toBe('author-unknown')
    expect(replica.frozen()).toBe(false)
    for (let count = 0; count < 16; count++) expect(await note(await branch(place, [doc()]))).toBe('noted')
    expect(await note(await branch(place, [doc()]))).toBe('too-many-branches')
    expect(replica.frozen()).toBe(true)
  })
})
