/** Hocuspocus as it comes, as a process: plain documents in memory, nothing signed, nothing stored. */
import { Server } from '@hocuspocus/server'

const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: true })
await server.listen()
process.stdout.write(`${server.address.port}\n`)
