export { CryptoError } from './errors.ts'
export { merkleRoot } from './merkle.ts'
export { padmeLength } from './padme.ts'
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
export type { SigningKey, SignSuite, VerifySuite } from './suite.ts'
export { verifySuite } from './verify-suite.ts'
