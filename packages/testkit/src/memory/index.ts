export { makeMemoryDisk, openMemoryLogStore } from './log-store.ts'
export type { MemoryDisk } from './log-store.ts'
export { makeMemoryRelayLog } from './relay-log.ts'
export type { MemoryRelayLog, MemoryRelayLogOptions } from './relay-log.ts'
