export type { AeadKey, HpkeKey, HpkeSealed, SigningKey, SignSuite, Suite, VerifySuite } from './suite.ts'
