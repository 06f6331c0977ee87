import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { freePort } from '../kill9/relay-process.ts'
import { makeCanary } from './scanner.ts'
import { recordWire, unmasked } from './wire-recorder.ts'

async function behindRecorder(
  options: { perMessageDeflate: boolean },
  work: (port: number, recorder: Awaited<ReturnType<typeof recordWire>>) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    request.on('data', () => undefined).on('end', () => response.end('answer'))
  })
  const sockets = new WebSocketServer({ server, ...options })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = await freePort()
  const recorder = await recordWire({ port, relayPort: (server.address() as AddressInfo).port })
  try {
    await work(port, recorder)
  } finally {
    await recorder.close()
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  }
}

async function echo(port: number, texts: readonly string[]): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  await once(socket, 'open')
  for (const text of texts) {
    const back = once(socket, 'message')
    socket.send(text)
    await back
  }
  socket.close()
  await once(socket, 'close')
}

test('[CA2] what passes over HTTP and WebSocket is kept, both ways, and without the mask of browsers', async () => {
  await behindRecorder({ perMessageDeflate: false }, async (port, recorder) => {
    const [posted, short, long, huge] = [makeCanary(), makeCanary(), makeCanary(), makeCanary()]
    await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: posted })).text()
    await echo(port, [short, `${'x'.repeat(1_000)}${long}`, `${'y'.repeat(70_000)}${huge}`])
    const inside = (word: string): string[] =>
      recorder.taken().flatMap(({ place, bytes }) => (bytes.includes(word) ? [place.replace(/^connection \d+ /u, '')] : []))
    expect(inside(posted)).toEqual(['up'])
    for (const word of [short, long, huge]) expect(inside(word).toSorted()).toEqual(['down', 'up, unmasked'])
    expect(inside('answer')).toEqual(['down'])
  })
})

test('[CA2] a connection in which words cannot be seen is no clean one', async () => {
  await behindRecorder({ perMessageDeflate: true }, async (port, recorder) => {
    await echo(port, ['text'])
    expect(() => recorder.taken()).toThrow(/compressed/u)
  })
})

test('[CA2] frames that were cut off give what there is', () => {
  const head = Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')
  const frame = Buffer.concat([Buffer.from([0x81, 0x85, 1, 2, 3, 4]), Buffer.from([0x68 ^ 1, 0x65 ^ 2, 0x6c ^ 3])])
  expect(unmasked(Buffer.concat([head, frame])).toString()).toBe('hel')
  expect(unmasked(Buffer.concat([head, frame.subarray(0, 4)])).toString()).toBe('')
  expect(unmasked(Buffer.from('GET / HTTP/1.1\r\n\r\nbody')).toString()).toBe('')
})
