export { signSuite } from './sign-suite.ts'
export type { SigningKey, SignSuite, VerifySuite } from './suite.ts'
export { systemRandom } from './system-random.ts'
export { verifySuite } from './verify-suite.ts'
