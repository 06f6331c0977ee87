export { CryptoError } from './errors.ts'
export { merkleRoot } from './merkle.ts'
export { padmeLength } from './padme.ts'
export { entropyFromWords, loadRecoveryWords, recoveryEntropySizeBytes, recoveryWordCount, wordsFromEntropy } from './recovery-words.ts'
export { signSuite } from './sign-suite.ts'
export {
  aeadKeySizeBytes,
  aeadNonceSizeBytes,
  aeadTagSizeBytes,
  hashSizeBytes,
  hpkeEncSizeBytes,
  hpkeKeySizeBytes,
  maxDerivedSizeBytes,
  maxTagSizeBytes,
  seedSizeBytes,
  signatureSizeBytes,
  signingKeySizeBytes,
} from './sizes.ts'
export type { AeadKey, HpkeKey, HpkeSealed, SigningKey, SignSuite, Suite, VerifySuite } from './suite.ts'
export { systemRandom } from './system-random.ts'
export {
  generateVaultKey,
  maxPassphraseCharacters,
  maxVaultKdfIterations,
  unwrapVaultKey,
  vaultKdfIterations,
  vaultRecordsKey,
  wrapVaultKey,
} from './vault-key.ts'
export type { VaultKey } from './vault-key.ts'
export { verifySuite } from './verify-suite.ts'
export { webCryptoSuite } from './web-crypto-suite.ts'
