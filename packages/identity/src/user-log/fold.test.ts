import { beforeEach, describe, expect, test, vi } from 'vitest'
import { toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import {
  addDeviceOp,
  createIdentity,
  deviceIdOf,
  extendUserLog,
  generateDeviceKeys,
  openPuk,
  recoverIdentity,
  recoveryKeysFromWords,
  replaceRecoveryOp,
  revokeDeviceOp,
  rotatePuk,
} from '@poruch/identity'
import type { NewIdentity } from '@poruch/identity'
import { encodeUserEntry, foldUserLog } from '@poruch/identity/fold'
import type { UserLogState, UserOp } from '@poruch/identity/fold'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { unsignedUserEntry, userEntryDomain } from './entry.ts'
import { deviceDomain, deviceStatement } from './statements.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(7)
let suite: Suite
let alice: NewIdentity
let recovery: SigningKey

beforeEach(async () => {
  suite = keyedHashSuite(random)
  alice = await createIdentity({ suite, random })
  recovery = (await recoveryKeysFromWords(suite, alice.words)).sign
})

/** Signs whatever it is told to: what an honest `extendUserLog` would refuse. */
async function forge(op: UserOp, signer: SigningKey, change: { seq?: number; prev?: UserLogState['head'] | null } = {}): Promise<Bytes> {
  const unsigned = { seq: alice.state.seq + 1, prev: alice.state.head, ...change, op, signer: signer.publicKey }
  return encodeUserEntry({ ...unsigned, sig: await suite.sign(signer, userEntryDomain, unsignedUserEntry(unsigned)) })
}

async function reasonOf(bytes: Bytes, from: UserLogState | null = alice.state): Promise<string> {
  const judged = await foldUserLog(suite, [bytes], from)
  return judged.ok ? 'taken' : judged.reason
}

const device = (): string => deviceIdOf(alice.device)

describe('a user log', () => {
  test('[ID11] begins with the root of its recovery keys', async () => {
    const judged = await foldUserLog(suite, alice.userLog)
    expect(judged).toMatchObject({ ok: true, value: { state: { user: alice.userId, head: alice.state.head, seq: 2, puk: { gen: 0 } } } })
    const keys = await recoveryKeysFromWords(suite, alice.words)
    const root: UserOp = { kind: 'root', recoverySign: keys.sign.publicKey, recoveryHpke: keys.hpke.publicKey }
    const first = { seq: 0, prev: null }
    expect(await reasonOf(await forge(root, recovery, first), null)).toBe('taken')
    expect(await reasonOf(await forge(root, alice.device, first), null)).toBe('wrong-signer')
    expect(await reasonOf(await forge(root, recovery))).toBe('second-root')
    expect(
      await reasonOf(
        await forge({ kind: 'renew-device', device: deviceIdOf(alice.device), hpke: random.bytes(32) }, alice.device, first),
        null,
      ),
    ).toBe('no-root')
  })

  test('[ID10] is one chain of signed entries', async () => {
    const op = revokeDeviceOp(deviceIdOf(alice.device), [])
    expect(await reasonOf(await forge(op, recovery))).toBe('taken')
    expect(await reasonOf(await forge(op, recovery, { seq: alice.state.seq }))).toBe('bad-chain')
    expect(await reasonOf(await forge(op, recovery, { prev: null }))).toBe('bad-chain')
    const bytes = await forge(op, recovery)
    const last = bytes.length - 1
    bytes[last] = (bytes[last] ?? 0) ^ 1
    expect(await reasonOf(bytes)).toBe('bad-signature')
    expect(await reasonOf(bytes.slice(1))).toBe('bad-bytes')
  })

  test('[ID12] is written by live devices and the current recovery key only', async () => {
    const stranger = await suite.generateSigningKey()
    expect(await reasonOf(await forge(revokeDeviceOp(deviceIdOf(alice.device), []), stranger))).toBe('wrong-signer')
    const next = await recoveryKeysFromWords(suite, (await createIdentity({ suite, random })).words)
    const replace = await replaceRecoveryOp(suite, alice.state, next)
    expect(await reasonOf(await forge(replace, alice.device))).toBe('wrong-signer')
    const replaced = await extendUserLog(suite, alice.state, { op: replace, signer: recovery })
    const after = { seq: replaced.state.seq + 1, prev: replaced.state.head }
    expect(await reasonOf(await forge(revokeDeviceOp(deviceIdOf(alice.device), []), recovery, after), replaced.state)).toBe('wrong-signer')
    expect(await reasonOf(await forge({ kind: 'renew-device', device: deviceIdOf(alice.device), hpke: random.bytes(32) }, recovery))).toBe(
      'wrong-signer',
    )
    const revoked = await extendUserLog(suite, alice.state, { op: revokeDeviceOp(deviceIdOf(alice.device), []), signer: recovery })
    const late = { seq: revoked.state.seq + 1, prev: revoked.state.head }
    expect(
      await reasonOf(
        await forge(await addDeviceOp(suite, revoked.state, await generateDeviceKeys(suite, random)), alice.device, late),
        revoked.state,
      ),
    ).toBe('wrong-signer')
    expect(await reasonOf(await forge(revokeDeviceOp(deviceIdOf(alice.device), []), recovery, late), revoked.state)).toBe('device-not-live')
  })

  test('[ID12] needs the consent of a new recovery key', async () => {
    const next = await recoveryKeysFromWords(suite, (await createIdentity({ suite, random })).words)
    const replace = await replaceRecoveryOp(suite, alice.state, next)
    if (replace.kind !== 'replace-recovery') throw new Error('unexpected')
    expect(await reasonOf(await forge({ ...replace, recoveryHpke: random.bytes(32) }, recovery))).toBe('no-consent')
    expect(await reasonOf(await forge({ ...replace, recoveryHpke: alice.hpke.publicKey }, recovery))).toBe('key-reused')
  })

  test('[ID13] takes no device without its own consent, and no key twice', async () => {
    const mallory = await createIdentity({ suite, random })
    const claimed = await addDeviceOp(suite, alice.state, mallory)
    if (claimed.kind !== 'add-device') throw new Error('unexpected')
    expect(await reasonOf(await forge(claimed, recovery))).toBe('taken')
    expect(await reasonOf(await forge({ ...claimed, hpke: random.bytes(32) }, recovery))).toBe('no-consent')
    const elsewhere = await addDeviceOp(suite, { ...alice.state, user: mallory.userId }, mallory)
    expect(await reasonOf(await forge(elsewhere, recovery))).toBe('no-consent')
    const transport = (await addDeviceOp(suite, alice.state, await generateDeviceKeys(suite, random))) as typeof claimed
    expect(await reasonOf(await forge({ ...claimed, transport: transport.transport }, recovery))).toBe('no-consent')
    const same = await addDeviceOp(suite, alice.state, alice)
    expect(await reasonOf(await forge(same, recovery))).toBe('device-known')
    expect(await reasonOf(await forge({ ...claimed, hpke: alice.hpke.publicKey }, recovery))).toBe('key-reused')
    const stolen = { ...claimed, transport: transport.transport, transportSig: claimed.transportSig }
    const statement = deviceStatement({ ...stolen, user: alice.userId, prev: alice.state.head })
    const deviceSig = await suite.sign(mallory.device, deviceDomain, statement)
    expect(await reasonOf(await forge({ ...stolen, deviceSig }, recovery))).toBe('no-consent')
    expect(
      await reasonOf(await forge({ kind: 'renew-device', device: deviceIdOf(alice.device), hpke: alice.state.recoveryHpke }, alice.device)),
    ).toBe('key-reused')
  })

  test('[ID13] takes a device that was revoked not a second time', async () => {
    const laptop = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, alice.state, { op: await addDeviceOp(suite, alice.state, laptop), signer: alice.device })
    const revoked = await extendUserLog(suite, added.state, { op: revokeDeviceOp(deviceIdOf(laptop.device), []), signer: alice.device })
    const next = { ...laptop, hpke: await suite.generateHpkeKey() }
    const again = await forge(await addDeviceOp(suite, revoked.state, next), alice.device, {
      seq: revoked.state.seq + 1,
      prev: revoked.state.head,
    })
    expect(await reasonOf(again, revoked.state)).toBe('device-known')
  })

  test('[ID14] rotates the per-user key to the next generation, sealed to exactly who may open it', async () => {
    const previous = alice.pukSeeds.get(0) ?? null
    const { op } = await rotatePuk({ suite, random, state: alice.state, previous })
    expect(await reasonOf(await forge(op, alice.device))).toBe('taken')
    expect(await reasonOf(await forge({ ...op, gen: 2 }, alice.device))).toBe('bad-generation')
    expect(await reasonOf(await forge({ ...op, prevWrapped: new Uint8Array() }, alice.device))).toBe('bad-wrap')
    expect(await reasonOf(await forge({ ...op, seals: op.seals.slice(1) }, alice.device))).toBe('wrong-recipients')
    const extra = { ...op.seals[0], recipient: new Uint8Array(32).fill(255) } as (typeof op.seals)[0]
    expect(await reasonOf(await forge({ ...op, seals: [...op.seals, extra] }, alice.device))).toBe('wrong-recipients')
    expect(await reasonOf(await forge({ ...op, seals: [...op.seals.slice(0, -1), extra] }, alice.device))).toBe('wrong-recipients')
  })

  test('[ID15] takes 1 to 256 entries and 32 live devices', async () => {
    expect(await foldUserLog(suite, [])).toEqual({ ok: false, reason: 'no-entries' })
    expect(
      await foldUserLog(
        suite,
        Array.from({ length: 257 }, () => alice.userLog[0] ?? new Uint8Array()),
      ),
    ).toEqual({ ok: false, reason: 'too-many-entries' })
    let { state } = alice
    for (let count = 1; count < 32; count++) {
      const op = await addDeviceOp(suite, state, await generateDeviceKeys(suite, random))
      state = (await extendUserLog(suite, state, { op, signer: recovery })).state
    }
    const op = await addDeviceOp(suite, state, await generateDeviceKeys(suite, random))
    await expect(extendUserLog(suite, state, { op, signer: recovery })).rejects.toThrow('too-many-devices')
  })

  test('[ID16] opens all generations for live devices and recovery, and no later one for a revoked device', async () => {
    const laptop = await generateDeviceKeys(suite, random)
    const added = await extendUserLog(suite, alice.state, { op: await addDeviceOp(suite, alice.state, laptop), signer: alice.device })
    const first = await rotatePuk({ suite, random, state: added.state, previous: alice.pukSeeds.get(0) ?? null })
    const one = await extendUserLog(suite, added.state, { op: first.op, signer: alice.device })
    const revoked = await extendUserLog(suite, one.state, { op: revokeDeviceOp(deviceIdOf(laptop.device), []), signer: alice.device })
    const second = await rotatePuk({ suite, random, state: revoked.state, previous: first.seed })
    const two = await extendUserLog(suite, revoked.state, { op: second.op, signer: alice.device })
    const userLog = [...alice.userLog, added.bytes, one.bytes, revoked.bytes, two.bytes]
    const all = { suite, user: alice.userId, userLog }
    const seeds = await openPuk({ ...all, keys: [alice.hpke] })
    expect([...seeds.keys()].toSorted()).toEqual([0, 1, 2])
    expect(seeds.get(2)).toEqual(second.seed)
    const { hpke } = await recoveryKeysFromWords(suite, alice.words)
    expect(await openPuk({ ...all, keys: [hpke] })).toEqual(seeds)
    const revokedSeeds = await openPuk({ ...all, keys: [laptop.hpke] })
    expect([...revokedSeeds.keys()].toSorted()).toEqual([0, 1])
    await expect(openPuk({ ...all, keys: [await suite.generateHpkeKey()] })).rejects.toThrow('cannot-open')
  })

  test('[ID17] gives a new device and all generations to who has the words', async () => {
    const recovered = await recoverIdentity({ suite, random, words: alice.words.join('  ').toUpperCase(), userLog: alice.userLog })
    expect(recovered.userId).toBe(alice.userId)
    expect(recovered.state.devices.map((known) => known.device)).toEqual([device(), deviceIdOf(recovered.device)])
    expect([...recovered.pukSeeds.keys()].toSorted()).toEqual([0, 1])
    expect(toHex(recovered.pukSeeds.get(0) ?? new Uint8Array())).toBe(toHex(alice.pukSeeds.get(0) ?? new Uint8Array(1)))
    const mallory = await createIdentity({ suite, random })
    await expect(recoverIdentity({ suite, random, words: mallory.words, userLog: alice.userLog })).rejects.toThrow('cannot-open')
    await expect(recoverIdentity({ suite, random, words: 'abandon ability', userLog: alice.userLog })).rejects.toThrow('bad-words')
    await expect(recoverIdentity({ suite, random, words: alice.words, userLog: alice.userLog.slice(1) })).rejects.toThrow('cannot-open')
  })
})
