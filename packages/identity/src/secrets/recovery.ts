/** From 24 words to the recovery keys. */
import { emptyBytes, encodeUtf8, equalBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { entropyFromWords } from '@poruch/crypto'
import type { HpkeKey, SigningKey, Suite } from '@poruch/crypto'
import { IdentityError } from '../errors.ts'
import { keySizeBytes } from '../shape.ts'
import type { UserLogState } from '../user-log/state.ts'

const signInfo = encodeUtf8('recovery-sign v1')
const hpkeInfo = encodeUtf8('recovery-hpke v1')

export interface RecoveryKeys {
  readonly sign: SigningKey
  readonly hpke: HpkeKey
}

/** The keys of 32 bytes of entropy. */
export async function recoveryKeysOf(suite: Suite, entropy: Bytes): Promise<RecoveryKeys> {
  const [signSeed, hpkeSeed] = await Promise.all([
    suite.deriveBytes(entropy, emptyBytes, signInfo, keySizeBytes),
    suite.deriveBytes(entropy, emptyBytes, hpkeInfo, keySizeBytes),
  ])
  return { sign: await suite.signingKeyFromSeed(signSeed), hpke: await suite.hpkeKeyFromSeed(hpkeSeed) }
}

/** @throws IdentityError `bad-words` unless these are 24 words with a right checksum */
export async function recoveryKeysFromWords(suite: Suite, words: string | readonly string[]): Promise<RecoveryKeys> {
  const entropy = await entropyFromWords(words)
  if (!entropy) throw new IdentityError('bad-words', 'not 24 words of the list with their checksum')
  return recoveryKeysOf(suite, entropy)
}

/** Whether these are the recovery keys of the log as it stands. */
export function isRecoveryOf(state: UserLogState, keys: RecoveryKeys): boolean {
  return equalBytes(state.recoverySign, keys.sign.publicKey) && equalBytes(state.recoveryHpke, keys.hpke.publicKey)
}
