/** The line to a relay; import it lazily: it brings Hocuspocus' provider with it, and nothing on the first screen waits for a network. */
export { connectRelay } from './relay-connection.ts'
export type { RelayConnection } from './relay-connection.ts'
export { keepRelay } from './keep-relay.ts'
export type { KeepRelayOptions, KeptRelay, RelayState } from './keep-relay.ts'
export { fetchRelay } from './relay-session.ts'
export type { RelayInfo, SessionOptions, SessionProof } from './relay-session.ts'
