export type { SigningKey, SignSuite } from './suite.ts'
