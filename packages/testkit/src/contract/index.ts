export { logRow, logStoreContract } from './log-store.ts'
export { relayLogContract, relayRow } from './relay-log.ts'
export type { OpenedRelayLog } from './relay-log.ts'
export { suiteContract } from './suite.ts'
