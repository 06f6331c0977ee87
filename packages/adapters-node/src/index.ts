export { openSqliteRelayLog } from './sqlite/relay-log.ts'
