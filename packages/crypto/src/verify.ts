export type { SigningKey, SignSuite, VerifySuite } from './suite.ts'
