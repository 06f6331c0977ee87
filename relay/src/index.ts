export { openRelayCore } from './core/relay-core.ts'
export type { CoreLink, CorePorts, OpenedSession, RelayCore, Sink } from './core/ports.ts'
export { RelayError } from './errors.ts'
