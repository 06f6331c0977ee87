import { draftCreateInvitation, draftRevokeInvitation, invitationKeys } from '@poruch/identity'
import { roles } from '@poruch/identity/fold'
import { makePerson, setup, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { describe, expect, test } from 'vitest'
import { connectPeer, openScene, sessionRequest } from '../testing/scene.ts'
import type { Scene } from '../testing/scene.ts'

async function stage(world: World, secret?: Uint8Array<ArrayBuffer>): Promise<Scene> {
  const log = makeMemoryRelayLog()
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  const scene = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs, ...(secret ? { setup: secret } : {}) })
  return scene
}

async function invite(world: World, options: { maxUses?: number; expiresAtMs?: number } = {}) {
  const keys = await invitationKeys(world.suite, world.random.bytes(16) as Uint8Array<ArrayBuffer>)
  const invitation = {
    invitation: keys.id,
    role: roles.editor,
    expiresAtMs: worldNowMs + 1000,
    maxUses: 1,
    policy: 'approval' as const,
    ...options,
  }
  await world.propose('alice', draftCreateInvitation(invitation))
  return keys
}

describe('sessions', () => {
  test('[RE1] a challenge is good once, and for 60 s', async () => {
    const world = await setup('alice')
    const { core, clock } = await stage(world)
    const parts = { suite: world.suite, core, relayKey: world.sequencer.publicKey, person: world.person('alice'), proof: undefined }
    const request = await sessionRequest(parts)
    expect((await core.openSession(request)).ok).toBe(true)
    expect(await core.openSession(request)).toEqual({ ok: false, reason: 'bad-challenge' })
    const late = await sessionRequest(parts)
    clock.advance(60_001)
    expect(await core.openSession(late)).toEqual({ ok: false, reason: 'bad-challenge' })
  })

  test('[RE2] a device is known when it is live in a scope here, signs for this relay, and states nothing twice', async () => {
    const world = await setup('alice')
    const { core, tryConnect } = await stage(world)
    const alice = world.person('alice')
    expect(await tryConnect(world.person('mallory'))).toBe('not-a-member')
    const parts = { suite: world.suite, core, person: alice, proof: undefined }
    const elsewhere = await sessionRequest({ ...parts, relayKey: world.person('mallory').identity.device.publicKey })
    expect(await core.openSession(elsewhere)).toEqual({ ok: false, reason: 'bad-signature' })
    const stolen = await sessionRequest({
      ...parts,
      relayKey: world.sequencer.publicKey,
      person: { ...world.person('mallory'), device: alice.device },
    })
    expect(await core.openSession(stolen)).toEqual({ ok: false, reason: 'bad-signature' })
    const good = await sessionRequest({ ...parts, relayKey: world.sequencer.publicKey })
    for (const bytes of [good.slice(0, -1), new Uint8Array([...good, 0]), new Uint8Array(0), new Uint8Array(999)]) {
      expect(await core.openSession(bytes)).toEqual({ ok: false, reason: 'bad-request' })
    }
  })

  test('[RE3] a token connects for 15 minutes; a newer session of the device closes the older', async () => {
    const world = await setup('alice')
    const { core, clock, connect } = await stage(world)
    const older = await connect(world.person('alice'))
    const newer = await connect(world.person('alice'))
    expect(older.closed()).toEqual({ code: 4409, reason: 'newer-session' })
    expect(newer.closed()).toBe(null)
    newer.leave()
    const opened = await core.openSession(
      await sessionRequest({
        suite: world.suite,
        core,
        relayKey: world.sequencer.publicKey,
        person: world.person('alice'),
        proof: undefined,
      }),
    )
    if (!opened.ok) throw new Error(opened.reason)
    clock.advance(15 * 60_000)
    expect(core.deviceOf(opened.value.token)).toBe(null)
    expect(() => connectPeer(core, opened.value.token)).toThrow('not connected')
  })

  test('[RE4] an invitation opens a session while it is open: unknown, used, expired and revoked ones are told apart', async () => {
    const world = await setup('alice')
    const dave = await makePerson(world.suite, world.random, 'dave')
    const [open, revoked, expired] = [await invite(world), await invite(world), await invite(world, { expiresAtMs: worldNowMs + 5 })]
    await world.propose('alice', draftRevokeInvitation(revoked.id))
    const { tryConnect, clock } = await stage(world)
    clock.advance(10)
    const ask = async (keys: typeof open) => {
      const peer = await tryConnect(dave, { kind: 2, invitation: keys.sign })
      return typeof peer === 'string' ? peer : 'open'
    }
    expect(await ask(open)).toBe('open')
    expect(await ask(revoked)).toBe('invitation-revoked')
    expect(await ask(expired)).toBe('invitation-expired')
    expect(await ask(await invitationKeys(world.suite, new Uint8Array(16)))).toBe('invitation-unknown')
  })

  test('[RE5] the setup secret opens a session while there is no workspace', async () => {
    const world = await setup('alice')
    const secret = new Uint8Array(16).fill(5)
    const used = await stage(world, secret)
    expect(await used.tryConnect(world.person('mallory'), { kind: 3, secret })).toBe('setup-used')
    expect(used.core.setupOpen()).toBe(false)
    const log = makeMemoryRelayLog()
    const fresh = await openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs, setup: secret })
    expect(fresh.core.setupOpen()).toBe(true)
    expect(await fresh.tryConnect(world.person('mallory'), { kind: 3, secret: new Uint8Array(16) })).toBe('bad-setup')
    expect(await fresh.tryConnect(world.person('mallory'))).toBe('not-a-member')
    expect(typeof (await fresh.tryConnect(world.person('alice'), { kind: 3, secret }))).toBe('object')
  })

  test('[RE6] a transport key is known while its device is a present member’s', async () => {
    const world = await setup('alice', 'bob')
    const { core } = await stage(world)
    const key = world.fold.transportKeyOf(world.person('bob').device)
    expect(core.isTransportKey(Buffer.from(key ?? []).toString('hex'))).toBe(true)
    expect(core.isTransportKey('00'.repeat(32))).toBe(false)
  })
})
