/** Starts the product's relay, whole and unchanged, over a log that answers before its commit. */
import { startWithStandIns } from './stand-ins.ts'

const name = '@poruch/adapters-node'

await startWithStandIns([
  { name, of: import.meta.resolve(name), parts: ['openSqliteRelayLog'], from: new URL('planted-log.ts', import.meta.url).href },
])
