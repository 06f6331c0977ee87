import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  approve,
  deviceIdOf,
  draftAdmit,
  draftLeave,
  draftPinUser,
  draftRemove,
  draftSetRole,
  extendUserLog,
  generateDeviceKeys,
  recoveryKeysFromWords,
  revokeDeviceOp,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { cutRootOf, roles } from '@poruch/identity/fold'
import type { Approval, CutRow, Role, UserOp } from '@poruch/identity/fold'
import { makePerson, seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { topicIdOf } from '../scope-log/topics.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(12)
let suite: Suite
let world: World

beforeEach(async () => {
  suite = keyedHashSuite(random)
  const given = { ann: roles.admin, eve: roles.editor, vic: roles.viewer }
  world = await setupWith({ suite, random, roles: given }, 'olga', 'ann', 'eve', 'vic')
})

async function reason(by: string, draft: Draft): Promise<string> {
  const judged = await world.tryPropose(by, draft)
  return judged.ok ? 'taken' : judged.reason
}

const id = (name: string): ReturnType<World['person']>['userId'] => world.person(name).userId

async function setRole(by: string, name: string, role: Role, approvals: readonly Approval[] = []): Promise<string> {
  const lowered = role < (world.fold.member(id(name))?.role ?? roles.none)
  return reason(by, await draftSetRole(suite, { user: id(name), role, cuts: lowered ? [] : null, approvals }))
}

describe('roles', () => {
  test('[ID27] lets admins admit below their own role', async () => {
    const dave = await makePerson(suite, random, 'dave')
    world.add(dave)
    const admit = (role: Role, entries = dave.identity.userLog): Draft => draftAdmit({ user: dave.userId, role, entries })
    expect(await reason('eve', admit(roles.viewer))).toBe('no-right')
    expect(await reason('ann', admit(roles.admin))).toBe('no-right')
    expect(await reason('olga', admit(roles.owner))).toBe('no-right')
    expect(await reason('ann', admit(roles.editor, dave.identity.userLog.slice(0, 2)))).toBe('no-keys')
    expect(await reason('ann', admit(roles.editor, dave.identity.userLog.slice(1)))).toBe('bad-user-log')
    expect(await reason('ann', admit(roles.editor, world.person('mallory').identity.userLog))).toBe('bad-user-log')
    expect(await reason('ann', draftAdmit({ user: id('eve'), role: roles.viewer, entries: [] }))).toBe('already-member')
    const { op } = admit(roles.editor)
    if (op.kind !== 'admit') throw new Error('unexpected')
    expect(await reason('ann', { ...admit(roles.editor), op: { ...op, request: new Uint8Array(3) } })).toBe('bad-request')
    expect(await reason('ann', admit(roles.editor))).toBe('taken')
    await world.remove('dave')
    expect(await reason('ann', admit(roles.viewer, []))).toBe('taken')
  })

  test('[ID33] are set by who is above both the old and the new one', async () => {
    expect(await setRole('eve', 'vic', roles.commenter)).toBe('no-right')
    expect(await setRole('ann', 'vic', roles.admin)).toBe('no-right')
    expect(await setRole('ann', 'vic', roles.viewer)).toBe('no-change')
    expect(await setRole('ann', 'mallory', roles.viewer)).toBe('not-member')
    expect(await setRole('ann', 'ann', roles.editor)).toBe('no-right')
    expect(await setRole('ann', 'vic', roles.commenter)).toBe('taken')
    expect(await setRole('olga', 'vic', roles.admin)).toBe('taken')
    expect(await setRole('ann', 'vic', roles.editor)).toBe('no-right')
    expect(await setRole('olga', 'vic', roles.editor)).toBe('taken')
    expect(world.fold.epochDue()).toBe(true)
  })

  test('[ID34] of owners need more than half of the owners', async () => {
    const approval = async (name: string, of: string, role: Role, ownerTerm = world.fold.ownerTerm()): Promise<Approval> =>
      approve(suite, world.person(name).identity.device, { scope: world.scope, ownerTerm, user: id(of), role })
    expect(await setRole('ann', 'ann', roles.owner)).toBe('no-right')
    expect(await setRole('olga', 'olga', roles.editor)).toBe('last-owner')
    expect(await setRole('olga', 'ann', roles.owner)).toBe('taken')
    expect(world.fold.ownerTerm()).toBe(1)
    expect(await setRole('olga', 'ann', roles.viewer)).toBe('no-majority')
    expect(await setRole('olga', 'ann', roles.viewer, [await approval('olga', 'ann', roles.viewer)])).toBe('no-majority')
    expect(await setRole('olga', 'eve', roles.owner, [await approval('ann', 'vic', roles.owner)])).toBe('bad-approval')
    expect(await setRole('olga', 'eve', roles.owner, [await approval('vic', 'eve', roles.owner)])).toBe('bad-approval')
    const agreed = await approval('ann', 'eve', roles.owner)
    expect(await setRole('olga', 'eve', roles.owner, [agreed])).toBe('taken')
    expect(await setRole('olga', 'eve', roles.editor, [await approval('ann', 'eve', roles.editor)])).toBe('taken')
    expect(await setRole('olga', 'eve', roles.owner, [agreed])).toBe('bad-approval')
    expect(await setRole('olga', 'vic', roles.commenter, [agreed])).toBe('bad-approval')
  })

  test('[ID35] decide who removes whom', async () => {
    const remove = async (by: string, name: string): Promise<string> => reason(by, await draftRemove(suite, id(name), []))
    expect(await remove('eve', 'vic')).toBe('no-right')
    expect(await remove('ann', 'ann')).toBe('no-right')
    expect(await remove('ann', 'olga')).toBe('owner-first-unmade')
    expect(await remove('ann', 'mallory')).toBe('not-member')
    expect(await remove('ann', 'eve')).toBe('taken')
    expect(await remove('ann', 'eve')).toBe('not-member')
    expect(await remove('olga', 'ann')).toBe('taken')
    expect(await remove('ann', 'vic')).toBe('author-no-member')
  })

  test('[ID36] end by leaving, but for an only owner', async () => {
    expect(await reason('olga', await draftLeave(suite, []))).toBe('last-owner')
    await world.setRole('ann', roles.owner)
    expect(await reason('olga', await draftLeave(suite, []))).toBe('taken')
    expect(world.fold.ownerTerm()).toBe(2)
    expect(await reason('ann', await draftLeave(suite, []))).toBe('last-owner')
    expect(world.fold.epochDue()).toBe(true)
  })
})

describe('pins', () => {
  async function grow(name: string, op: UserOp): Promise<readonly [Uint8Array<ArrayBuffer>]> {
    const person = world.person(name)
    const grown = await extendUserLog(suite, person.identity.state, { op, signer: person.identity.device })
    person.identity = { ...person.identity, state: grown.state, userLog: [...person.identity.userLog, grown.bytes] }
    return [grown.bytes]
  }

  test('[ID25] move a member’s log forward', async () => {
    const laptop = await generateDeviceKeys(suite, random)
    const eve = world.person('eve')
    const before = eve.identity.state
    const entries = await grow('eve', await addDeviceOp(suite, before, laptop))
    const { head } = eve.identity.state
    expect(await reason('ann', await draftPinUser(suite, { user: eve.userId, head: before.head, entries: [] }))).toBe('no-change')
    expect(await reason('ann', await draftPinUser(suite, { user: eve.userId, head: before.head, entries }))).toBe('bad-user-log')
    expect(await reason('ann', await draftPinUser(suite, { user: id('vic'), head, entries }))).toBe('bad-user-log')
    expect(await reason('ann', await draftPinUser(suite, { user: id('mallory'), head, entries }))).toBe('not-member')
    expect(await reason('ann', await draftPinUser(suite, { user: eve.userId, head, entries, cuts: [] }))).toBe('bad-cut')
    expect(await reason('mallory', await draftPinUser(suite, { user: eve.userId, head, entries }))).toBe('author-unknown')
    eve.identity = { ...eve.identity, device: laptop.device }
    expect(await reason('eve', await draftPinUser(suite, { user: eve.userId, head, entries }))).toBe('taken')
    expect(world.fold.member(eve.userId)?.devices).toEqual([eve.device, deviceIdOf(laptop.device)])
    expect(await reason('vic', await draftPinUser(suite, { user: eve.userId, head, entries }))).toBe('bad-user-log')
  })

  test('[ID25] [ID38] end a revoked device here, with the cut that the revocation signed', async () => {
    const eve = world.person('eve')
    const rows: CutRow[] = [{ topic: topicIdOf(world.channel, 0), device: eve.device, seq: 3, id: 'aa'.repeat(32) as CutRow['id'] }]
    const laptop = await generateDeviceKeys(suite, random)
    const added = await grow('eve', await addDeviceOp(suite, eve.identity.state, laptop))
    const cutRoot = await cutRootOf(suite, rows)
    const revoked = await grow('eve', revokeDeviceOp(eve.device, [{ scope: world.scope, cutRoot }]))
    const pin = { user: eve.userId, head: eve.identity.state.head, entries: [...added, ...revoked] }
    expect(await reason('vic', await draftPinUser(suite, { ...pin, cuts: [] }))).toBe('bad-cut')
    expect(await reason('vic', await draftPinUser(suite, pin))).toBe('bad-cut')
    // The revoked device itself cannot write the pin that ends it.
    expect(await reason('eve', await draftPinUser(suite, { ...pin, cuts: rows }))).toBe('author-unknown')
    expect(await reason('vic', await draftPinUser(suite, { ...pin, cuts: rows }))).toBe('taken')
    const pos = world.fold.head()?.pos ?? 0
    expect(world.fold.userOf(eve.device, pos - 1)).toBe(eve.userId)
    expect(world.fold.userOf(eve.device, pos)).toBeNull()
    expect(world.fold.ownerOf(eve.device)).toBe(eve.userId)
    expect(world.fold.epochDue()).toBe(true)
    expect([world.fold.minGenAt(pos - 1), world.fold.minGenAt(pos)]).toEqual([0, 1])
  })

  test('[ID25] carry one revocation each; one that names no cut here cuts to nothing', async () => {
    const eve = world.person('eve')
    const { sign } = await recoveryKeysFromWords(suite, eve.words)
    const devices = [await generateDeviceKeys(suite, random), await generateDeviceKeys(suite, random)]
    const entries: Uint8Array<ArrayBuffer>[] = []
    let { state } = eve.identity
    const add = async (op: UserOp): Promise<void> => {
      const grown = await extendUserLog(suite, state, { op, signer: sign })
      entries.push(grown.bytes)
      state = grown.state
    }
    for (const keys of devices) await add(await addDeviceOp(suite, state, keys))
    for (const keys of devices) await add(revokeDeviceOp(deviceIdOf(keys.device), []))
    const pin = async (upTo: number, from = 0): Promise<Draft> => {
      const part = entries.slice(from, upTo)
      const { decodeUserEntry, userEntryId } = await import('@poruch/identity/fold')
      const head = await userEntryId(suite, part.at(-1) ?? new Uint8Array())
      const revokes = part.some((bytes) => decodeUserEntry(bytes).op.kind === 'revoke-device')
      return draftPinUser(suite, { user: eve.userId, head, entries: part, ...(revokes ? { cuts: [] } : {}) })
    }
    expect(await reason('ann', await pin(4))).toBe('one-revocation')
    expect(await reason('ann', await pin(3))).toBe('taken')
    expect(await reason('ann', await pin(4, 3))).toBe('taken')
  })

  test('[ID26] give no device to two users', async () => {
    const shared = await generateDeviceKeys(suite, random)
    const eves = await grow('eve', await addDeviceOp(suite, world.person('eve').identity.state, shared))
    await world.pin('eve', eves)
    const vics = await grow('vic', await addDeviceOp(suite, world.person('vic').identity.state, shared))
    const { head } = world.person('vic').identity.state
    expect(await reason('ann', await draftPinUser(suite, { user: id('vic'), head, entries: vics }))).toBe('device-taken')
  })
})
