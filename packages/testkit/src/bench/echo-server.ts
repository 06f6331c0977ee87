/** The least that a durable relay can be, as a process: what comes in is flushed to the disk and sent to everybody else. */
import { fdatasyncSync, openSync, writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const file = openSync(process.argv[2] ?? '', 'a')
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    writeSync(file, data)
    fdatasyncSync(file)
    for (const other of server.clients) if (other !== socket) other.send(data)
  })
})
