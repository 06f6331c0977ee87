import { beforeEach, describe, expect, test, vi } from 'vitest'
import { emptyBytes } from '@poruch/base'
import type { Bytes, EntryId, ScopeId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import {
  createIdentity,
  draftAddDoc,
  draftAdmit,
  draftGenesis,
  draftLeave,
  genesisPlace,
  newPrefix,
  nextPlace,
  propose,
  proposeAll,
} from '@poruch/identity'
import type { Draft, EntryAuthor, LogPlace } from '@poruch/identity'
import { countersign, decodeEntry, decodeRecord, docKinds, encodeRecord, makeScopeFold, roles } from '@poruch/identity/fold'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import { authorOf, seededRandom, setup, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { encodeCbor } from '../cbor.ts'
import { scopeEntryDomain } from '../scope-log/entry.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(11)
let suite: Suite
let world: World

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random }, 'alice', 'bob')
})

const doc = (): Draft =>
  draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer })
const alice = (): EntryAuthor => authorOf(world.person('alice'))

async function judge(records: readonly RecordBytes[], fold: ScopeFold = world.fold, proposal = true): Promise<string> {
  const judged = await fold.apply(records, { proposal })
  return judged.ok ? 'taken' : judged.reason
}

async function entryAt(change: Partial<LogPlace>, author = alice()): Promise<RecordBytes> {
  return (await propose(suite, { ...nextPlace(world.fold), ...change }, { draft: doc(), author })).record
}

/** The record with its entry's bytes changed and signed again, or not. */
async function tampered(record: RecordBytes, change: (map: Map<number, number | Uint8Array | unknown[]>) => void): Promise<RecordBytes> {
  const { entry, countersignature, cutList } = decodeRecord(record)
  const decoded = decodeEntry(entry)
  const map = new Map<number, number | Uint8Array | unknown[]>([...(await fields(decoded.signed)), [8, decoded.sig]])
  change(map)
  return encodeRecord({ entry: encodeCbor(map as Parameters<typeof encodeCbor>[0]), countersignature, cutList })
}

async function fields(signed: Bytes): Promise<[number, number | Uint8Array | unknown[]][]> {
  const { decodeCbor } = await import('../cbor.ts')
  return [...(decodeCbor(signed, signed.length) as Map<number, number | Uint8Array | unknown[]>)]
}

describe('a scope log', () => {
  test('[ID1] [ID23] gives the same state to every replica, on the product’s own crypto', async () => {
    const real = await setup('alice', 'bob', 'carol')
    await real.remove('bob')
    const copy = await real.copy()
    expect(copy.head()).toEqual(real.fold.head())
    expect(copy.members()).toEqual(real.fold.members())
    expect(copy.epochs()).toEqual(real.fold.epochs())
    expect(copy.members().map((member) => member.role)).toEqual([roles.owner, roles.editor])
  })

  test('[ID20] grows at its head only', async () => {
    const next = nextPlace(world.fold)
    expect(await judge([await entryAt({ pos: next.pos + 1 })])).toBe('bad-position')
    expect(await judge([await entryAt({ prev: world.fold.entryIdAt(next.pos - 2) })])).toBe('bad-position')
    expect(await judge([await entryAt({ scope: 'ab'.repeat(32) as ScopeId })])).toBe('wrong-scope')
    expect(await judge([await entryAt({ scope: null })])).toBe('wrong-scope')
    const stale = await entryAt({})
    expect(await judge([await entryAt({})])).toBe('taken')
    expect(await judge([stale])).toBe('bad-position')
    const elsewhere = makeScopeFold({ suite, scope: 'cd'.repeat(32) as ScopeId })
    expect(await judge(world.records, elsewhere, false)).toBe('wrong-scope')
  })

  test('[ID21] takes entries of present members’ live devices at the pinned head', async () => {
    const mallory = world.person('mallory')
    expect(await judge([await entryAt({}, authorOf(mallory))])).toBe('author-unknown')
    expect(await judge([await entryAt({}, { ...alice(), userLogHead: mallory.identity.state.head })])).toBe('author-head')
    await world.leave('bob')
    expect(await judge([await entryAt({}, authorOf(world.person('bob')))])).toBe('author-no-member')
    const record = await entryAt({})
    expect(await judge([await tampered(record, (map) => map.set(8, new Uint8Array(64)))])).toBe('bad-signature')
    expect(await judge([await tampered(record, (map) => map.set(5, mallory.identity.device.publicKey))])).toBe('bad-signature')
    expect(await judge([await tampered(record, (map) => map.set(7, [9, new Uint8Array(28), 2, 1, 1]))])).toBe('bad-signature')
    expect(await judge([record])).toBe('taken')
  })

  test('[ID5] refuses other versions and unknown operations', async () => {
    const record = await entryAt({})
    expect(await judge([await tampered(record, (map) => map.set(1, 2))])).toBe('bad-bytes')
    expect(await judge([await tampered(record, (map) => map.set(7, [16]))])).toBe('bad-bytes')
    expect(await judge([await tampered(record, (map) => map.set(9, 1))])).toBe('bad-bytes')
  })

  test.each([[14, 32, 32, 32]])('[ID42] refuses operation %i until it has rules', async (number, ...sizes) => {
    const record = await tampered(await entryAt({}), (map) => map.set(7, [number, ...sizes.map((size) => new Uint8Array(size))]))
    const signed = await tamperAndSign(record)
    expect(await judge([signed])).toBe('op-not-yet')
  })

  async function tamperAndSign(record: RecordBytes): Promise<RecordBytes> {
    const { signed } = decodeEntry(decodeRecord(record).entry)
    const sig = await suite.sign(world.person('alice').identity.device, scopeEntryDomain, signed)
    return tampered(record, (map) => map.set(8, sig))
  }

  test('[ID22] is ordered by the sequencer that the genesis names', async () => {
    const copy = await world.copy()
    const proposal = await propose(suite, nextPlace(copy), { draft: doc(), author: alice() })
    const place = { scope: copy.scope, pos: proposal.next.pos - 1, id: proposal.id, prev: copy.head()?.id ?? null }
    const other = await suite.generateSigningKey()
    const withOrder = (countersignature: Bytes): RecordBytes =>
      encodeRecord({ entry: proposal.entry, countersignature, cutList: emptyBytes })
    expect(await judge([proposal.record], copy, false)).toBe('bad-countersignature')
    expect(await judge([withOrder(await countersign(suite, other, place))], copy, false)).toBe('bad-countersignature')
    expect(await judge([withOrder(await countersign(suite, world.sequencer, { ...place, pos: place.pos + 1 }))], copy, false)).toBe(
      'bad-countersignature',
    )
    const good = withOrder(await countersign(suite, world.sequencer, place))
    expect(await judge([good], copy, true)).toBe('bad-countersignature')
    expect(await judge([good], copy, false)).toBe('taken')
  })

  test('[ID23] is changed by whole batches, seen by nobody before their end, and undone in turn', async () => {
    const before = world.fold.docs().length
    const head = world.fold.head()
    const [first, second] = await proposeAll(suite, nextPlace(world.fold), {
      drafts: [doc(), draftAdmit({ user: world.person('alice').userId, role: roles.editor, entries: [] })],
      author: alice(),
    })
    if (!first || !second) throw new Error('unexpected')
    const running = world.fold.apply([first.record, second.record], { proposal: true })
    expect(world.fold.head()).toEqual(head)
    expect(await running).toEqual({ ok: false, reason: 'already-member' })
    expect(world.fold.docs().length).toBe(before)
    const one = await world.fold.apply([first.record], { proposal: true })
    const two = await world.fold.apply([await entryAt({})], { proposal: true })
    if (!one.ok || !two.ok) throw new Error('unexpected')
    expect(() => one.value()).toThrow('stale-undo')
    two.value()
    expect(world.fold.docs().length).toBe(before + 1)
    one.value()
    expect(world.fold.head()).toEqual(head)
    expect(world.fold.docs().length).toBe(before)
    expect(() => one.value()).toThrow('stale-undo')
    expect(await judge([first.record])).toBe('taken')
  })

  test('[ID23] judges batches one after another, however they arrive', async () => {
    const [first, second] = await proposeAll(suite, nextPlace(world.fold), { drafts: [doc(), doc()], author: alice() })
    if (!first || !second) throw new Error('unexpected')
    const outcomes = await Promise.all([judge([first.record]), judge([second.record]), judge([first.record])])
    expect(outcomes).toEqual(['taken', 'taken', 'bad-position'])
  })

  test('[ID24] begins with a genesis by its founder, and has no second one', async () => {
    const { identity } = world.person('alice')
    const genesis = draftGenesis({ random, userLog: identity.userLog, sequencer: world.sequencer.publicKey })
    const start = async (draft: Draft, author = alice()): Promise<string> =>
      judge([(await propose(suite, genesisPlace, { draft, author })).record], makeScopeFold({ suite, scope: null }))
    expect(await start(genesis)).toBe('taken')
    expect(await start(genesis, authorOf(world.person('mallory')))).toBe('author-unknown')
    expect(await start(genesis, { ...alice(), userLogHead: world.scope as string as EntryId })).toBe('author-head')
    expect(await start(doc())).toBe('no-genesis')
    if (genesis.op.kind !== 'genesis') throw new Error('unexpected')
    expect(await start({ ...genesis, op: { ...genesis.op, scopeKind: 2, parent: world.scope } })).toBe('kind-not-yet')
    expect(await start({ ...genesis, op: { ...genesis.op, founderUserLog: identity.userLog.slice(1) } })).toBe('bad-user-log')
    const half = { ...genesis, op: { ...genesis.op, founderUserLog: identity.userLog.slice(0, 2) } }
    expect(await start(half)).toBe('no-keys')
    const again = await propose(suite, nextPlace(world.fold), { draft: genesis, author: alice() })
    expect(await judge([again.record])).toBe('second-genesis')
    expect(() => makeScopeFold({ suite, scope: null }).scope).toThrow('no-genesis')
  })

  test('[ID43] has a cut list exactly where a right is lowered, with the root that was signed', async () => {
    const leave = await draftLeave(suite, [])
    const bob = async (draft: Draft): Promise<string> => {
      const judged = await world.tryPropose('bob', draft)
      return judged.ok ? 'taken' : judged.reason
    }
    const row = { topic: '00'.repeat(32), device: '00'.repeat(32), seq: 1, id: '00'.repeat(32) } as Parameters<typeof draftLeave>[1][0]
    const other = await draftLeave(suite, [row])
    expect(await bob({ ...leave, cutList: emptyBytes })).toBe('bad-cut')
    expect(await bob({ ...leave, cutList: other.cutList })).toBe('bad-cut')
    expect(await bob({ ...leave, cutList: encodeCbor([[1, 2, 3, 4]]) })).toBe('bad-cut')
    expect(await bob({ op: { kind: 'leave', cutRoot: emptyBytes }, cutList: emptyBytes })).toBe('bad-cut')
    expect(await bob({ ...doc(), cutList: leave.cutList })).toBe('bad-cut')
    expect(await bob(other)).toBe('taken')
  })

  test('[ID210] that was judged before is folded without signatures, and to that very end only', async () => {
    await world.setRole('bob', roles.admin)
    await world.admit('mallory')
    await world.propose('bob', doc(), doc())
    const { records } = world
    const end = world.fold.head()?.id ?? null
    let checks = 0
    const counting: Suite = { ...suite, verify: async (...args) => suite.verify(...args).finally(() => checks++) }
    const again = async (changed: readonly RecordBytes[], judgedTo = end): Promise<string> => {
      checks = 0
      const fold = makeScopeFold({ suite: counting, scope: world.scope })
      const judged = await fold.apply(changed, judgedTo ? { judgedTo } : {})
      if (judged.ok) expect([fold.head(), fold.members()]).toEqual([world.fold.head(), world.fold.members()])
      else expect(fold.head()).toBeNull()
      return judged.ok ? 'taken' : judged.reason
    }
    expect([await again(records), checks]).toEqual(['taken', 0])
    expect(await again(records, null)).toBe('taken')
    expect(checks).toBeGreaterThan(records.length)
    // Whatever took the place of one of them, or of their end, leads elsewhere.
    const last = records.length - 1
    const forged = await entryAt({ pos: last, prev: world.fold.entryIdAt(last - 1) }, alice())
    expect(await again([...records.slice(0, last), forged])).toBe('bad-position')
    expect(await again(records.slice(0, last))).toBe('bad-position')
    for (const [at, record] of records.entries()) {
      const changed = await tampered(record, (map) => map.set(8, new Uint8Array(64)))
      expect(await again(records.with(at, changed)), `${at}`).not.toBe('taken')
    }
    // A fold that has refused them takes them as ever.
    const fold = makeScopeFold({ suite: counting, scope: world.scope })
    expect((await fold.apply(records.slice(0, last), end ? { judgedTo: end } : {})).ok).toBe(false)
    expect((await fold.apply(records)).ok).toBe(true)
  })

  test('[ID46] is not moved by who has no part in it, the sequencer included', async () => {
    const relay = await createIdentity({ suite, random })
    const author = { device: world.sequencer, userLogHead: relay.state.head }
    const draft = draftAdmit({ user: relay.userId, role: roles.admin, entries: relay.userLog })
    const { record } = await propose(suite, nextPlace(world.fold), { draft, author })
    expect(await judge([record])).toBe('author-unknown')
    await world.remove('bob')
    for (const outsider of ['bob', 'mallory']) {
      for (const forbidden of [doc(), draft, await draftLeave(suite, [])])
        expect((await world.tryPropose(outsider, forbidden)).ok).toBe(false)
    }
  })

  test('[ID44] answers for every past position, and for none beyond the head', async () => {
    const { userId, device } = world.person('bob')
    const joined = world.fold.head()?.pos ?? 0
    await world.setRole('bob', roles.viewer, [])
    await world.remove('bob')
    const last = world.fold.head()?.pos ?? 0
    const atEach = Array.from({ length: last + 2 }, (_, pos) => world.fold.roleAt(userId, pos))
    expect(atEach.slice(joined - 1)).toEqual([roles.none, roles.editor, roles.viewer, roles.none, roles.none, roles.none])
    expect(world.fold.userOf(device, joined - 1)).toBeNull()
    expect(world.fold.userOf(device, joined)).toBe(userId)
    expect(world.fold.userOf(device, last + 1)).toBeNull()
    expect(world.fold.deviceByIndex(device.slice(0, 16))).toBe(device)
    expect(world.fold.transportKeyOf(device)).toBeNull()
    expect(world.fold.transportKeyOf(world.person('alice').device)).toHaveLength(32)
    expect(world.fold.entryIdAt(last + 1)).toBeNull()
  })
})
