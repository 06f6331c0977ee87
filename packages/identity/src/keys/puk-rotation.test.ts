import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bytes, DeviceId, EnvelopeId, ScopeId } from '@poruch/base'
import type { HpkeKey, SigningKey, Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  deviceIdOf,
  draftPinUser,
  extendUserLog,
  generateDeviceKeys,
  openPuk,
  openSealedKey,
  recoverIdentity,
  recoveryKeysFromWords,
  rotatePuk,
  sealEpochKey,
} from '@poruch/identity'
import type { Identity } from '@poruch/identity'
import {
  cutRootOf,
  decodeSealedKey,
  decodeUserEntry,
  encodeUserEntry,
  foldUserLog,
  pinSteps,
  topicIdOf,
  verifySealedKey,
} from '@poruch/identity/fold'
import type { CutRow } from '@poruch/identity/fold'
import { foundWorld, seededRandom, setupWith } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(26)
let suite: Suite
let world: World

beforeEach(async () => {
  suite = keyedHashSuite(random)
  world = await setupWith({ suite, random }, 'alice', 'bob')
})

/** The identity after one more generation of the per-user key. */
async function rotated(identity: Identity, signer: SigningKey = identity.device): Promise<Identity> {
  const { state, pukSeeds, userLog } = identity
  const { op, seed } = await rotatePuk({ suite, random, state, previous: pukSeeds.get(state.puk?.gen ?? -1) ?? null })
  const grown = await extendUserLog(suite, state, { op, signer })
  return { ...identity, state: grown.state, userLog: [...userLog, grown.bytes], pukSeeds: new Map([...pukSeeds, [op.gen, seed]]) }
}

async function gensOf(identity: Identity, keys: readonly HpkeKey[]): Promise<number[]> {
  return [...(await openPuk({ suite, user: identity.userId, userLog: identity.userLog, keys })).keys()].toSorted((a, b) => a - b)
}

describe('the per-user key', () => {
  test('[ID16] leads back over many generations, also for a device that came late', async () => {
    let { identity } = world.person('bob')
    for (let count = 0; count < 3; count++) identity = await rotated(identity)
    const laptop = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, identity.state, {
      op: await addDeviceOp(suite, identity.state, laptop),
      signer: identity.device,
    })
    identity = { ...identity, state: added.state, userLog: [...identity.userLog, added.bytes] }
    await expect(gensOf(identity, [laptop.hpke])).rejects.toThrow('cannot-open')
    for (let count = 0; count < 3; count++) identity = await rotated(identity)
    expect(await gensOf(identity, [laptop.hpke])).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(await gensOf(identity, [(await recoveryKeysFromWords(suite, world.person('bob').words)).hpke])).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(await openPuk({ suite, user: identity.userId, userLog: identity.userLog, keys: [laptop.hpke] })).toEqual(
      new Map([...identity.pukSeeds].toSorted(([a], [b]) => b - a)),
    )
  })

  test('[ID16] goes back no further than a wrap that does not open', async () => {
    let { identity } = world.person('bob')
    for (let count = 0; count < 4; count++) identity = await rotated(identity)
    const userLog = identity.userLog.map((bytes) => {
      const entry = decodeUserEntry(bytes)
      if (entry.op.kind !== 'rotate-puk' || entry.op.gen !== 2) return bytes
      return encodeUserEntry({ ...entry, op: { ...entry.op, prevWrapped: new Uint8Array(60) } })
    })
    expect(await gensOf({ ...identity, userLog }, [identity.hpke])).toEqual([2, 3, 4])
  })

  test('[ID16] takes no seed that is not of the key that the log names', async () => {
    const identity = await rotated(world.person('bob').identity)
    expect(await gensOf(identity, [identity.hpke])).toEqual([0, 1])
    const userLog = identity.userLog.map((bytes) => {
      const entry = decodeUserEntry(bytes)
      if (entry.op.kind !== 'rotate-puk' || entry.op.gen !== 1) return bytes
      return encodeUserEntry({ ...entry, op: { ...entry.op, publicKey: identity.hpke.publicKey } })
    })
    expect(await gensOf({ ...identity, userLog }, [identity.hpke])).toEqual([0])
  })

  test('[ID38] makes an epoch due when a newer generation is pinned, sealed to that one', async () => {
    const person = world.person('bob')
    const before = person.identity.userLog.length
    person.identity = await rotated(person.identity)
    expect(world.fold.epochDue()).toBe(false)
    await world.pin('bob', person.identity.userLog.slice(before))
    expect(world.fold.epochDue()).toBe(true)
    const head = world.fold.head()?.pos ?? 0
    expect(world.fold.minGenAt(head)).toBe(0)
    await world.rotate()
    expect(world.fold.epochDue()).toBe(false)
    const epoch = world.fold.epochs().at(-1)
    const bytes = world.sealedKeys.findLast((sealed) => decodeSealedKey(sealed).user === person.userId) ?? new Uint8Array()
    const sealed = decodeSealedKey(bytes)
    expect([sealed.epoch, sealed.pukGen]).toEqual([epoch?.id, 1])
    expect(await verifySealedKey(suite, world.fold, { bytes })).toMatchObject({ ok: true })
    const stale = { user: person.userId, puk: { gen: 0, publicKey: world.fold.member(person.userId)?.puk.publicKey ?? new Uint8Array() } }
    const sealing = { suite, device: world.person('alice').identity.device, scope: world.scope, epoch: sealed.epoch }
    const late = await sealEpochKey({ ...sealing, key: world.epochKeys.get(0) ?? new Uint8Array(), reader: stale })
    expect(await verifySealedKey(suite, world.fold, { bytes: late })).toEqual({ ok: false, reason: 'bad-generation' })
    const keyCommitment = epoch?.keyCommitment ?? new Uint8Array()
    const key = world.epochKeys.get(epoch?.gen ?? 0)
    expect(await openSealedKey({ suite, pukSeeds: person.identity.pukSeeds, sealed, keyCommitment })).toEqual(key)
    const old = new Map([...person.identity.pukSeeds].filter(([gen]) => gen === 0))
    expect(await openSealedKey({ suite, pukSeeds: old, sealed, keyCommitment })).toBeNull()
    // Devices come and keys are renewed without a new epoch.
    const grown = await extendUserLog(suite, person.identity.state, {
      op: { kind: 'renew-device', device: person.device, hpke: (await suite.generateHpkeKey()).publicKey },
      signer: person.identity.device,
    })
    person.identity = { ...person.identity, state: grown.state }
    await world.pin('bob', [grown.bytes])
    expect(world.fold.epochDue()).toBe(false)
  })
})

describe('recovery', () => {
  test('[ID18] adds a device, revokes the others with a cut for each scope, and shuts them out', async () => {
    const person = world.person('bob')
    const lost = person.device
    const second = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, person.identity.state, {
      op: await addDeviceOp(suite, person.identity.state, second),
      signer: person.identity.device,
    })
    person.identity = await rotated({ ...person.identity, state: added.state, userLog: [...person.identity.userLog, added.bytes] })
    const pinned = person.identity.userLog.length
    await world.pin('bob', person.identity.userLog.slice(3))
    const other = await foundWorld({ suite, random, people: [world.person('alice'), person] })
    await other.admit('bob')
    const cutOf = async (
      of: World,
      device: DeviceId,
      seq: number,
    ): Promise<{ rows: CutRow[]; cut: { scope: ScopeId; cutRoot: Bytes } }> => {
      const rows = [{ topic: topicIdOf(of.channel, 0), device, seq, id: 'ab'.repeat(32) as EnvelopeId }]
      return { rows, cut: { scope: of.scope, cutRoot: await cutRootOf(suite, rows) } }
    }
    const cuts = [await cutOf(world, lost, 3), await cutOf(other, lost, 8)]
    const revoke = [
      { device: lost, cuts: cuts.map(({ cut }) => cut) },
      { device: deviceIdOf(second.device), cuts: [] },
    ]
    const { words } = person
    const recovered = await recoverIdentity({ suite, random, words, userLog: person.identity.userLog, revoke })
    expect(recovered.state.devices.filter(({ live }) => live).map(({ device }) => device)).toEqual([deviceIdOf(recovered.device)])
    expect(await foldUserLog(suite, recovered.userLog)).toMatchObject({ ok: true })
    expect([...recovered.pukSeeds.keys()].toSorted()).toEqual([0, 1, 2])
    for (const hpke of [person.identity.hpke, second.hpke]) expect(await gensOf(recovered, [hpke])).toEqual([0, 1])

    person.identity = recovered
    const steps = pinSteps(recovered.userLog.slice(pinned))
    for (const [of, index] of [[world, 0] as const, [other, 1] as const]) {
      const pos = of.fold.head()?.pos ?? 0
      let { state } = { state: await stateAfter(recovered, pinned) }
      for (const step of steps) {
        const judged = await foldUserLog(suite, step, state)
        if (!judged.ok) throw new Error(judged.reason)
        state = judged.value.state
        const [revoked] = judged.value.revoked
        const rows = revoked?.device === lost ? cuts[index]?.rows : []
        const pin = await draftPinUser(suite, {
          user: person.userId,
          head: state.head,
          entries: step,
          ...(revoked ? { cuts: rows ?? [] } : {}),
        })
        const wrong = {
          ...pin,
          ...(await draftPinUser(suite, { user: person.userId, head: state.head, entries: step, cuts: cuts[1 - index]?.rows ?? [] })),
        }
        if (revoked?.device === lost) expect(await of.tryPropose('alice', wrong)).toEqual({ ok: false, reason: 'bad-cut' })
        await of.propose('alice', pin)
      }
      expect(of.fold.member(person.userId)).toMatchObject({ devices: [deviceIdOf(recovered.device)], puk: { gen: 2 } })
      expect(of.fold.epochDue()).toBe(true)
      const stands = (seq: number): string =>
        of.fold.standing(
          { topic: topicIdOf(of.channel, 0), device: lost, seq, id: 'cd'.repeat(32) as EnvelopeId, pos },
          (end) => end >= seq,
        )
      expect([3, 4, 8, 9].map(stands)).toEqual(index === 0 ? ['stands', 'void', 'void', 'void'] : ['stands', 'stands', 'stands', 'void'])
      expect(of.fold.userOf(lost, of.fold.head()?.pos ?? 0)).toBeNull()
      await of.rotate('bob')
      expect(of.fold.epochDue()).toBe(false)
    }
  })

  test('[ID18] refuses to revoke what is no live device', async () => {
    const { identity, words } = world.person('bob')
    const revoke = [{ device: world.person('alice').device, cuts: [] }]
    await expect(recoverIdentity({ suite, random, words, userLog: identity.userLog, revoke })).rejects.toThrow('device-not-live')
  })
})

async function stateAfter({ userLog }: Identity, count: number): Promise<Identity['state']> {
  const judged = await foldUserLog(suite, userLog.slice(0, count))
  if (!judged.ok) throw new Error(judged.reason)
  return judged.value.state
}
