/** A person's keys: made new, or recovered from 24 words. */
import type { Bytes, DeviceId, Random, UserId } from '@poruch/base'
import { wordsFromEntropy } from '@poruch/crypto'
import type { SigningKey, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import { keySizeBytes } from '../shape.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { RevocationCut, UserOp } from '../user-log/ops.ts'
import type { UserLogState } from '../user-log/state.ts'
import { openPuk, rotatePuk } from './puk.ts'
import type { PukSeeds } from './puk.ts'
import { isRecoveryOf, recoveryKeysFromWords, recoveryKeysOf } from './recovery.ts'
import { addDeviceOp, extendUserLog, generateDeviceKeys, revokeDeviceOp } from './user-entries.ts'
import type { DeviceKeys } from './user-entries.ts'

export interface Identity extends DeviceKeys {
  readonly userId: UserId
  /** The whole log. */
  readonly userLog: readonly Bytes[]
  readonly state: UserLogState
  readonly pukSeeds: PukSeeds
}

export interface NewIdentity extends Identity {
  /** 24 words, to be shown once and kept nowhere. */
  readonly words: readonly string[]
}

/** A new user with one device and generation 0 of the per-user key. */
export async function createIdentity({ suite, random }: { suite: Suite; random: Random }): Promise<NewIdentity> {
  const entropy = random.bytes(keySizeBytes)
  const recovery = await recoveryKeysOf(suite, entropy)
  const root = await extendUserLog(suite, null, {
    op: { kind: 'root', recoverySign: recovery.sign.publicKey, recoveryHpke: recovery.hpke.publicKey },
    signer: recovery.sign,
  })
  const grown = await addDevice({
    suite,
    random,
    signer: recovery.sign,
    from: root.state,
    userLog: [root.bytes],
    previous: null,
    revoke: [],
    keys: await generateDeviceKeys(suite, random),
  })
  return { ...grown, words: await wordsFromEntropy(entropy) }
}

interface Growth {
  readonly suite: Suite
  readonly random: Random
  readonly signer: SigningKey
  readonly from: UserLogState
  readonly userLog: readonly Bytes[]
  readonly previous: PukSeeds | null
  /** Devices that end here. */
  readonly revoke: readonly RevokedDevice[]
  /** Of the new device. */
  readonly keys: DeviceKeys
}

/** A device to be revoked, and the roots of what stands of it. */
export interface RevokedDevice {
  readonly device: DeviceId
  readonly cuts: readonly RevocationCut[]
}

async function addDevice({ suite, random, signer, from, userLog, previous, revoke, keys }: Growth): Promise<Identity> {
  const entries: Bytes[] = []
  let state = from
  const grow = async (op: UserOp, by: SigningKey): Promise<void> => {
    const extended = await extendUserLog(suite, state, { op, signer: by })
    state = extended.state
    entries.push(extended.bytes)
  }
  await grow(await addDeviceOp(suite, state, keys), signer)
  for (const { device, cuts } of revoke) await grow(revokeDeviceOp(device, cuts), signer)
  const { op, seed } = await rotatePuk({ suite, random, state, previous: (from.puk && previous?.get(from.puk.gen)) ?? null })
  await grow(op, keys.device)
  const pukSeeds = new Map([...(previous ?? []), [op.gen, seed]])
  return { ...keys, userId: from.user, userLog: [...userLog, ...entries], state, pukSeeds }
}

/**
 * A new device for the user whose words these are, with all generations of the per-user key and a new one; the devices in `revoke`
 * end before that, so that they cannot open it.
 * @throws IdentityError `bad-words`; `cannot-open` when they are another user's, or the log is not good; `bad-shape` when a device to be
 * revoked is none that lives
 */
export async function recoverIdentity({
  suite,
  random,
  words,
  userLog,
  revoke = [],
  keys,
}: {
  suite: Suite
  random: Random
  words: string | readonly string[]
  userLog: readonly Bytes[]
  revoke?: readonly RevokedDevice[]
  /** Of the new device, where it has shown them already; made here otherwise. */
  keys?: DeviceKeys
}): Promise<Identity> {
  const recovery = await recoveryKeysFromWords(suite, words)
  const judged = await foldUserLog(suite, userLog)
  if (!judged.ok) throw new IdentityError('cannot-open', `the user log is refused: ${judged.reason}`)
  const { state } = judged.value
  if (!isRecoveryOf(state, recovery)) throw new IdentityError('cannot-open', 'these words are of another user')
  const previous = await openPuk({ suite, user: state.user, userLog, keys: [recovery.hpke] })
  const own = keys ?? (await generateDeviceKeys(suite, random))
  return addDevice({ suite, random, signer: recovery.sign, from: state, userLog, previous, revoke, keys: own })
}
