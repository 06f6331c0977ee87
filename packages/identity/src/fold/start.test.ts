import { beforeEach, describe, expect, test, vi } from 'vitest'
import { concatBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  approve,
  draftCheckpoint,
  draftLeave,
  draftPinUser,
  draftSetRole,
  extendUserLog,
  generateDeviceKeys,
  nextPlace,
  revokeDeviceOp,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { decodeEntry, decodeRecord, encodeRecord, roles } from '@poruch/identity/fold'
import { isOwnerProof, makeStart, openStart, ownerProofIn } from '@poruch/identity/start'
import type { RecordBytes, Role, ScopeFold } from '@poruch/identity/fold'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { branchAt, headPosOf, outcomeOf, someDoc } from '../testing/branching.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(83)
let suite: Suite
let world: World

async function roleDraft(name: string, role: Role, by: readonly string[], lowers = false): Promise<Draft> {
  const change = { user: world.person(name).userId, role }
  const about = { scope: world.scope, ownerTerm: world.fold.ownerTerm(), ...change }
  const approvals = await Promise.all(by.map(async (each) => approve(suite, world.person(each).identity.device, about)))
  return draftSetRole(suite, { ...change, cuts: lowers ? [] : null, approvals })
}

/** Olga founds, makes Ann and Bob owners, and leaves; Ann has a second device. */
beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random }, 'olga', 'ann', 'bob', 'cid')
  await world.propose('olga', await roleDraft('ann', roles.owner, []))
  await world.propose('olga', await roleDraft('bob', roles.owner, ['ann']))
  for (let each = 0; each < 5; each++) await world.propose('cid', someDoc(random))
  await world.propose('olga', await draftLeave(suite, []))
  await world.rotate('ann')
})

async function checkpoint(by: string): Promise<void> {
  await world.propose(by, draftCheckpoint(await world.fold.stateRoot()))
}

async function startNow(): Promise<Bytes> {
  const bytes = await makeStart(world.fold, world.records)
  if (!bytes) throw new Error('nothing to start from')
  return bytes
}

async function opened(bytes: Uint8Array): Promise<ScopeFold | string> {
  const judged = await openStart(suite, world.scope, bytes)
  return judged.ok ? judged.value.fold : judged.reason
}

async function isProof(name: string, records: readonly RecordBytes[] | null): Promise<boolean> {
  return isOwnerProof(suite, { scope: world.scope, device: world.person(name).device, records: records ?? [] })
}

describe('a proof of who is an owner', () => {
  test('[ID83] is a part of the log, and good for owners only', async () => {
    const proof = ownerProofIn(world.fold, world.records)
    expect(proof?.length).toBeLessThan(world.records.length)
    for (const [name, isOwner] of [
      ['ann', true],
      ['bob', true],
      ['olga', false],
      ['cid', false],
    ] as const)
      expect(await isProof(name, proof)).toBe(isOwner)
  })

  test('[ID83] is of one scope, in order, from its genesis on, with every signature', async () => {
    const proof = ownerProofIn(world.fold, world.records) ?? []
    const other = await setupWith({ suite, random }, 'olga', 'ann')
    expect(await isProof('ann', [])).toBe(false)
    expect(await isProof('ann', proof.slice(1))).toBe(false)
    expect(await isProof('ann', proof.toReversed())).toBe(false)
    expect(await isProof('ann', [...proof.slice(0, 1), ...proof])).toBe(false)
    expect(await isProof('ann', [...other.records.slice(0, 1), ...proof.slice(1)])).toBe(false)
    // Who makes owners, and who stops being one, has signed it.
    for (const [index, bytes] of proof.entries()) {
      const record = decodeRecord(bytes)
      if (!['set-role', 'leave'].includes(decodeEntry(record.entry).op.kind)) continue
      const entry = record.entry.with(-1, (record.entry.at(-1) ?? 0) ^ 1)
      expect(await isProof('bob', proof.with(index, encodeRecord({ ...record, entry })))).toBe(false)
    }
  })

  test('[ID83] takes no owner whom the owners have not made', async () => {
    const proof = ownerProofIn(world.fold, world.records) ?? []
    // Cid makes himself one, or a few who are owners make him one without the others.
    const { userId, identity } = world.person('cid')
    const pin = await draftPinUser(suite, { user: userId, head: identity.state.head, entries: identity.userLog })
    const known = await branchAt(world, nextPlace(world.fold), { drafts: [pin], by: 'cid' })
    const withCid = async (by: string, signers: readonly string[]): Promise<boolean> => {
      const place = { ...nextPlace(world.fold), pos: nextPlace(world.fold).pos + 1 }
      const made = await branchAt(world, place, { drafts: [await roleDraft('cid', roles.owner, signers)], by })
      return isProof('cid', [...proof, ...known, ...made])
    }
    expect(await withCid('cid', [])).toBe(false)
    expect(await withCid('cid', ['cid'])).toBe(false)
    expect(await withCid('olga', ['olga'])).toBe(false)
    expect(await withCid('ann', [])).toBe(false)
    expect(await withCid('ann', ['ann'])).toBe(false)
    expect(await withCid('ann', ['bob'])).toBe(true)
  })

  test('[ID83] is good for devices that live', async () => {
    const person = world.person('ann')
    const laptop = await generateDeviceKeys(suite, random)
    const before = person.identity.state
    const added = await extendUserLog(suite, before, { op: await addDeviceOp(suite, before, laptop), signer: person.identity.device })
    const revoked = await extendUserLog(suite, added.state, { op: revokeDeviceOp(person.device, []), signer: laptop.device })
    const pin = { user: person.userId, head: revoked.state.head, entries: [added.bytes, revoked.bytes], cuts: [] }
    await world.propose('bob', await draftPinUser(suite, pin))
    const proof = ownerProofIn(world.fold, world.records)
    expect(await isProof('ann', proof)).toBe(false)
    expect(await isOwnerProof(suite, { scope: world.scope, device: added.state.devices.at(-1)!.device, records: proof ?? [] })).toBe(true)
  })
})

describe('a start', () => {
  test('[ID84] leads a newcomer to the log’s head', async () => {
    expect(await makeStart(world.fold, world.records)).toBeNull()
    await checkpoint('bob')
    await world.propose('cid', someDoc(random))
    const fold = await opened(await startNow())
    if (typeof fold === 'string') throw new Error(fold)
    expect(await outcomeOf(fold.apply(world.records.slice(headPosOf(fold) + 1)))).toBe('taken')
    expect(await fold.stateRoot()).toEqual(await world.fold.stateRoot())
    expect(fold.checkpointPos()).toBe(world.fold.checkpointPos())
  })

  test('[ID84] is refused with another author, another proof, another state, or other bytes', async () => {
    await checkpoint('bob')
    const good = await startNow()
    expect(typeof (await opened(good))).toBe('object')
    for (const bytes of [
      new Uint8Array(),
      good.slice(0, 40),
      good.slice(1),
      Uint8Array.of(2, ...good.slice(1)),
      Uint8Array.of(1, 255, 255),
    ])
      expect(await opened(bytes)).toBe('bad-bytes')
    expect(['bad-bytes', 'bad-state']).toContain(await opened(concatBytes(good, Uint8Array.of(0))))
    // Cid, a member, with the sequencer's help: the state says that he may.
    const mine = await setupWith({ suite, random }, 'cid', 'olga')
    await mine.propose('cid', draftCheckpoint(await mine.fold.stateRoot()))
    const theirs = await makeStart(mine.fold, mine.records)
    expect(await opened(theirs ?? new Uint8Array())).toBe('untrusted')
  })
})
