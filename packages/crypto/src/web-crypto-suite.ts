/** The product's suite: WebCrypto, and HPKE built on it. */
import type { Random } from '@poruch/base'
import { makeHpke } from './hpke.ts'
import { signSuite } from './sign-suite.ts'
import type { Suite } from './suite.ts'
import { makeSymmetric } from './symmetric.ts'
import { systemRandom } from './system-random.ts'

/** All secrets are made of bytes of `random`; all private keys are non-extractable CryptoKeys. */
export function webCryptoSuite(random: Random = systemRandom): Suite {
  return { ...signSuite(random), ...makeSymmetric(random), ...makeHpke(random) }
}
