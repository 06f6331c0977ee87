import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bytes } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import {
  createInvitationLink,
  createJoinRequest,
  draftAdmitRequest,
  draftCreateInvitation,
  draftRevokeInvitation,
  invitationKeys,
  newInvitationSecret,
  openJoinName,
  parseInvitationLink,
  safetyNumber,
} from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { decodeJoinRequest, invitationOpen, roles, verifyJoinRequest } from '@poruch/identity/fold'
import type { InvitationInfo, JoinRequest, Role } from '@poruch/identity/fold'
import { makePerson, seededRandom, setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { encodeJoinRequest, joinLinkBytes, joinLinkDomain } from '../invitation/join-request.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(13)
const secret = newInvitationSecret(random)
const day = 86_400_000
let suite: Suite
let world: World

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random, roles: { ann: roles.admin } }, 'olga', 'ann', 'eve')
  for (const name of ['dave', 'rita']) world.add(await makePerson(suite, random, name))
})

async function reason(by: string, draft: Draft): Promise<string> {
  const judged = await world.tryPropose(by, draft)
  return judged.ok ? 'taken' : judged.reason
}

interface Terms {
  readonly policy?: 'approval' | 'auto'
  readonly maxUses?: number
  readonly expiresAtMs?: number
  readonly role?: Role
}

async function invite(by: string, terms: Terms = {}, bytes: Bytes = secret): Promise<string> {
  const { id } = await invitationKeys(suite, bytes)
  return reason(
    by,
    draftCreateInvitation({ invitation: id, role: roles.editor, expiresAtMs: worldNowMs + day, maxUses: 5, policy: 'approval', ...terms }),
  )
}

async function requestBytes(name: string, bytes: Bytes = secret): Promise<Bytes> {
  const { identity, userId } = world.person(name)
  const { userLog, device } = identity
  return createJoinRequest({
    suite,
    random,
    link: { scope: world.scope, secret: bytes },
    user: userId,
    userLog,
    device,
    displayName: `I am ${name}`,
  })
}

/** An Admit made from a request without asking whether it is good. */
async function admit(by: string, name: string, change: Partial<JoinRequest> & { role?: Role } = {}): Promise<string> {
  const request = { ...decodeJoinRequest(await requestBytes(name)), ...change }
  const known = world.fold.roleAt(world.person(name).userId, 0) !== roles.none || everMember(name)
  return reason(
    by,
    draftAdmitRequest(
      { ...request, user: world.person(name).userId, info: { role: change.role ?? roles.editor } },
      known ? [] : request.userLog,
    ),
  )
}

function everMember(name: string): boolean {
  return world.fold.ownerOf(world.person(name).device) !== null
}

function info(): InvitationInfo {
  const found = world.fold.invitations()[0]
  if (!found) throw new Error('no invitation')
  return found
}

describe('invitations', () => {
  test('[ID32] are made and revoked by admins, up to editor, each id once', async () => {
    expect(await invite('eve')).toBe('no-right')
    expect(await invite('ann', { role: roles.admin })).toBe('bad-invitation')
    expect(await invite('ann', { maxUses: 0 })).toBe('bad-invitation')
    expect(await invite('ann', { expiresAtMs: worldNowMs - 1 })).toBe('invitation-expired')
    const { id } = await invitationKeys(suite, secret)
    expect(await reason('ann', draftRevokeInvitation(id))).toBe('invitation-unknown')
    expect(await invite('ann')).toBe('taken')
    expect(await invite('ann')).toBe('invitation-known')
    expect(await reason('eve', draftRevokeInvitation(id))).toBe('no-right')
    expect(await reason('olga', draftRevokeInvitation(id))).toBe('taken')
    expect(await reason('olga', draftRevokeInvitation(id))).toBe('no-change')
    expect(info().closed).toBe(true)
  })

  test('[ID28] admit who asked by them, and nobody else', async () => {
    await invite('ann')
    const dave = decodeJoinRequest(await requestBytes('dave'))
    const other = (await invitationKeys(suite, newInvitationSecret(random))).id
    expect(await admit('ann', 'rita', dave)).toBe('bad-user-log')
    expect(await admit('ann', 'rita', { ...dave, userLog: world.person('rita').identity.userLog })).toBe('bad-request')
    expect(await admit('ann', 'rita', { deviceSig: new Uint8Array(64) })).toBe('bad-request')
    expect(await admit('ann', 'rita', { invitationSig: new Uint8Array(64) })).toBe('bad-request')
    // Whoever has the link signs for it; only rita's own device says that she wishes to come.
    const { sign } = await invitationKeys(suite, secret)
    const unasked = { ...decodeJoinRequest(await requestBytes('rita')), deviceSig: new Uint8Array(64) }
    const invitationSig = await suite.sign(sign, joinLinkDomain, joinLinkBytes(unasked))
    expect(await admit('ann', 'rita', { ...unasked, invitationSig })).toBe('bad-request')
    expect(await admit('ann', 'rita', { scope: '00'.repeat(32) as JoinRequest['scope'] })).toBe('bad-request')
    expect(await admit('ann', 'rita', { device: world.person('dave').device })).toBe('bad-request')
    expect(await admit('ann', 'rita', { invitation: other })).toBe('invitation-unknown')
    expect(await admit('ann', 'rita', { role: roles.admin })).toBe('invitation-role')
    const draft = draftAdmitRequest({ ...dave, user: world.person('dave').userId, info: { role: roles.editor } })
    if (draft.op.kind !== 'admit') throw new Error('unexpected')
    expect(await reason('ann', { ...draft, op: { ...draft.op, request: new Uint8Array() } })).toBe('bad-request')
    expect(await reason('ann', draft)).toBe('taken')
    expect(info().uses).toBe(1)
    expect(await reason('ann', draft)).toBe('already-member')
  })

  test('[ID28] [ID71] admit nobody for whom only the link has signed, not the own device', async () => {
    await invite('ann')
    const unasked = { ...decodeJoinRequest(await requestBytes('rita')), deviceSig: new Uint8Array(64) }
    const { sign } = await invitationKeys(suite, secret)
    const request = { ...unasked, invitationSig: await suite.sign(sign, joinLinkDomain, joinLinkBytes(unasked)) }
    expect(await admit('ann', 'rita', request)).toBe('bad-request')
    const judged = await verifyJoinRequest(suite, world.fold, { bytes: encodeJoinRequest(request), nowMs: worldNowMs })
    expect(judged).toEqual({ ok: false, reason: 'bad-signature' })
  })

  test('[ID29] ask an admin, or any member when they are automatic', async () => {
    await invite('ann')
    expect(await admit('eve', 'dave')).toBe('needs-admin')
    const auto = newInvitationSecret(random)
    await invite('ann', { policy: 'auto' }, auto)
    const request = decodeJoinRequest(await requestBytes('dave', auto))
    expect(await reason('eve', draftAdmitRequest({ ...request, user: world.person('dave').userId, info: { role: roles.editor } }))).toBe(
      'taken',
    )
    await world.remove('dave')
    const again = newInvitationSecret(random)
    await invite('ann', { policy: 'auto' }, again)
    const back = decodeJoinRequest(await requestBytes('dave', again))
    const draft = draftAdmitRequest({ ...back, user: world.person('dave').userId, info: { role: roles.editor } }, [])
    expect(await reason('eve', draft)).toBe('needs-admin')
    expect(await reason('olga', draft)).toBe('taken')
  })

  test('[ID30] end by use, by time and by revocation, and admit one user once', async () => {
    await invite('ann', { maxUses: 1 })
    expect(await admit('ann', 'dave')).toBe('taken')
    expect(await admit('ann', 'rita')).toBe('invitation-closed')
    const second = newInvitationSecret(random)
    await invite('ann', {}, second)
    await world.leave('dave')
    const request = decodeJoinRequest(await requestBytes('dave', second))
    const draft = draftAdmitRequest({ ...request, user: world.person('dave').userId, info: { role: roles.editor } }, [])
    expect(await reason('ann', draft)).toBe('taken')
    await world.leave('dave')
    expect(await reason('ann', draft)).toBe('invitation-reused')
  })

  test('[ID30] admit nobody after their time', async () => {
    await invite('ann', { expiresAtMs: worldNowMs + 1 })
    const bytes = await requestBytes('dave')
    const at = async (nowMs: number): Promise<string> => {
      const judged = await verifyJoinRequest(suite, world.fold, { bytes, nowMs })
      return judged.ok ? 'good' : judged.reason
    }
    expect(await at(worldNowMs + 1)).toBe('good')
    expect(await at(worldNowMs + 2)).toBe('invitation-expired')
    expect(invitationOpen(info(), worldNowMs + 2)).toBe(false)
    const { nextPlace, propose } = await import('@poruch/identity')
    const { authorOf } = await import('@poruch/testkit/fixtures')
    const request = decodeJoinRequest(bytes)
    const draft = draftAdmitRequest({ ...request, user: world.person('dave').userId, info: info() })
    const { record } = await propose(suite, nextPlace(world.fold), { draft, author: authorOf(world.person('ann')) })
    expect(await world.fold.apply([record], { proposal: true, nowMs: worldNowMs + 2 })).toEqual({ ok: false, reason: 'invitation-expired' })
  })

  test('[ID31] are closed by a removal when automatic, and by the fall of their author', async () => {
    await invite('ann', { policy: 'auto' })
    await invite('ann', {}, newInvitationSecret(random))
    const closed = (): boolean[] => world.fold.invitations().map((invitation) => invitation.closed)
    expect(closed()).toEqual([false, false])
    await world.remove('eve')
    expect(closed()).toEqual([true, false])
    expect(await admit('ann', 'dave')).toBe('invitation-closed')
    await world.setRole('ann', roles.editor, [])
    expect(closed()).toEqual([true, true])
    await world.setRole('ann', roles.admin)
    expect(closed()).toEqual([true, true])
  })

  test('[ID71] let in requests of their own key and a live device only', async () => {
    await invite('ann')
    const request = decodeJoinRequest(await requestBytes('dave'))
    const judge = async (change: Partial<JoinRequest>): Promise<string> => {
      const judged = await verifyJoinRequest(suite, world.fold, { bytes: encodeJoinRequest({ ...request, ...change }), nowMs: worldNowMs })
      return judged.ok ? 'good' : judged.reason
    }
    expect(await judge({})).toBe('good')
    expect(await judge({ scope: '00'.repeat(32) as JoinRequest['scope'] })).toBe('wrong-scope')
    expect(await judge({ invitation: '00'.repeat(32) as JoinRequest['invitation'] })).toBe('invitation-unknown')
    expect(await judge({ invitationSig: new Uint8Array(64) })).toBe('bad-signature')
    expect(await judge({ sealedName: new Uint8Array(30) })).toBe('bad-signature')
    const short = await createJoinRequest({ ...(await joinOptions('dave')), userLog: request.userLog.slice(0, 2) })
    expect(await verifyJoinRequest(suite, world.fold, { bytes: short, nowMs: worldNowMs })).toEqual({ ok: false, reason: 'bad-user-log' })
    const stolen = await createJoinRequest({ ...(await joinOptions('dave')), device: world.person('rita').identity.device })
    expect(await verifyJoinRequest(suite, world.fold, { bytes: stolen, nowMs: worldNowMs })).toEqual({ ok: false, reason: 'bad-device' })
    expect(await verifyJoinRequest(suite, world.fold, { bytes: new Uint8Array(9), nowMs: worldNowMs })).toEqual({
      ok: false,
      reason: 'bad-bytes',
    })
    const member = await requestBytes('eve')
    expect(await verifyJoinRequest(suite, world.fold, { bytes: member, nowMs: worldNowMs })).toEqual({
      ok: false,
      reason: 'already-member',
    })
    const { id } = await invitationKeys(suite, secret)
    await world.propose('ann', draftRevokeInvitation(id))
    expect(await judge({})).toBe('invitation-closed')
  })

  async function joinOptions(name: string): Promise<Parameters<typeof createJoinRequest>[0]> {
    const { identity, userId } = world.person(name)
    const { userLog, device } = identity
    return { suite, random, link: { scope: world.scope, secret }, user: userId, userLog, device, displayName: name }
  }

  test('[ID72] show the joiner’s name to who has the link', async () => {
    const { userId } = world.person('dave')
    const request = { ...decodeJoinRequest(await requestBytes('dave')), user: userId }
    expect(await openJoinName(suite, secret, request)).toBe('I am dave')
    expect(await openJoinName(suite, newInvitationSecret(random), request)).toBeNull()
    expect(await openJoinName(suite, secret, { ...request, user: world.person('rita').userId })).toBeNull()
    expect(await openJoinName(suite, secret, { ...request, device: world.person('rita').device })).toBeNull()
    expect(await openJoinName(suite, secret, { ...request, sealedName: new Uint8Array(3) })).toBeNull()
    await expect(createJoinRequest({ ...(await joinOptions('dave')), displayName: 'я'.repeat(200) })).rejects.toThrow('too-large')
  })
})

describe('links and numbers', () => {
  test('[ID70] hold version, scope and secret, and nothing else', () => {
    const link = { origin: 'https://chat.example:8443', scope: world.scope, secret }
    const text = createInvitationLink(link)
    expect(text).toMatch(/^https:\/\/chat\.example:8443\/#i\/[\w-]+$/u)
    expect(parseInvitationLink(text)).toEqual(link)
    for (const bad of [
      '',
      text.slice(0, -1),
      `${text}A`,
      text.replace('#i', '#j'),
      text.replace('https', 'ftp'),
      text.replace('chat.example', 'chat.example@evil.example'),
      `x${text}`,
      text.replace('#i/A', '#i/B'),
      `${text} `,
      'a'.repeat(3_000),
    ]) {
      expect(parseInvitationLink(bad)).toBeNull()
    }
  })

  test('[ID73] compare two people in 60 digits', async () => {
    const [a, b, c] = [world.person('olga').userId, world.person('ann').userId, world.person('eve').userId]
    const number = await safetyNumber(suite, a, b)
    expect(number).toMatch(/^\d{60}$/u)
    expect(await safetyNumber(suite, b, a)).toBe(number)
    expect(number.slice(0, number.length / 2)).not.toBe(number.slice(number.length / 2))
    expect(await safetyNumber(suite, a, c)).not.toBe(number)
  })
})
