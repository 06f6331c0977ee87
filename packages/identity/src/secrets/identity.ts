/** A person's keys: made new, or recovered from 24 words. */
import type { Bytes, Random, UserId } from '@poruch/base'
import { wordsFromEntropy } from '@poruch/crypto'
import type { SigningKey, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import { keySizeBytes } from '../shape.ts'
import { foldUserLog } from '../user-log/fold.ts'
import type { UserLogState } from '../user-log/state.ts'
import { openPuk, rotatePuk } from './puk.ts'
import type { PukSeeds } from './puk.ts'
import { isRecoveryOf, recoveryKeysFromWords, recoveryKeysOf } from './recovery.ts'
import { addDeviceOp, extendUserLog, generateDeviceKeys } from './user-entries.ts'
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
  const grown = await addDevice({ suite, random, signer: recovery.sign, from: root.state, userLog: [root.bytes], previous: null })
  return { ...grown, words: wordsFromEntropy(entropy) }
}

interface Growth {
  readonly suite: Suite
  readonly random: Random
  readonly signer: SigningKey
  readonly from: UserLogState
  readonly userLog: readonly Bytes[]
  readonly previous: PukSeeds | null
}

async function addDevice({ suite, random, signer, from, userLog, previous }: Growth): Promise<Identity> {
  const keys = await generateDeviceKeys(suite, random)
  const added = await extendUserLog(suite, from, { op: await addDeviceOp(suite, from, keys), signer })
  const { op, seed } = await rotatePuk({ suite, random, state: added.state, previous: (from.puk && previous?.get(from.puk.gen)) ?? null })
  const rotated = await extendUserLog(suite, added.state, { op, signer: keys.device })
  const pukSeeds = new Map([...(previous ?? []), [op.gen, seed]])
  return { ...keys, userId: from.user, userLog: [...userLog, added.bytes, rotated.bytes], state: rotated.state, pukSeeds }
}

/**
 * A new device for the user whose words these are, with all generations of the per-user key and a new one.
 * @throws IdentityError `bad-words`; `cannot-open` when they are another user's, or the log is not good
 */
export async function recoverIdentity({
  suite,
  random,
  words,
  userLog,
}: {
  suite: Suite
  random: Random
  words: string | readonly string[]
  userLog: readonly Bytes[]
}): Promise<Identity> {
  const recovery = await recoveryKeysFromWords(suite, words)
  const judged = await foldUserLog(suite, userLog)
  if (!judged.ok) throw new IdentityError('cannot-open', `the user log is refused: ${judged.reason}`)
  const { state } = judged.value
  if (!isRecoveryOf(state, recovery)) throw new IdentityError('cannot-open', 'these words are of another user')
  const previous = await openPuk({ suite, user: state.user, userLog, keys: [recovery.hpke] })
  return addDevice({ suite, random, signer: recovery.sign, from: state, userLog, previous })
}
