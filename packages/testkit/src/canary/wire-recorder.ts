/** Stands before the relay and keeps every byte that passes, as somebody on the wire would have it. */
import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'

/** Of one run, both ways; more is not recorded, and `taken` says so. */
const maxRecordedBytes = 256 * 1024 * 1024

/** What passed in one direction of one connection. */
export interface Passage {
  readonly place: string
  readonly bytes: Buffer
}

export interface WireRecorder {
  /** What passed so far. What browsers masked in their WebSocket frames is there without the mask, too. @throws Error when it is not all, or compressed */
  taken(): readonly Passage[]
  close(): Promise<void>
}

interface Line {
  readonly up: Buffer[]
  readonly down: Buffer[]
}

/** Takes connections at `port` of loopback and passes them on to `relayPort`. */
export async function recordWire(ports: { readonly port: number; readonly relayPort: number }): Promise<WireRecorder> {
  const lines: Line[] = []
  const sockets = new Set<Socket>()
  let recordedBytes = 0
  const keep = (chunks: Buffer[], chunk: Buffer): void => {
    recordedBytes += chunk.length
    if (recordedBytes <= maxRecordedBytes) chunks.push(chunk)
  }
  const server = createServer((near) => {
    const line: Line = { up: [], down: [] }
    lines.push(line)
    const far = createConnection(ports.relayPort, '127.0.0.1')
    join(near, far, (chunk) => {
      keep(line.up, chunk)
    })
    join(far, near, (chunk) => {
      keep(line.down, chunk)
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  server.listen(ports.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    taken: () => {
      if (recordedBytes > maxRecordedBytes) throw new Error(`${recordedBytes} bytes passed, ${maxRecordedBytes} were recorded`)
      return lines.flatMap(passagesOf)
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function join(from: Socket, to: Socket, heard: (chunk: Buffer) => void): void {
  from.on('data', heard)
  from.pipe(to)
  // One that breaks off takes the other with it.
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
}

function passagesOf(line: Line, index: number): readonly Passage[] {
  const [up, down] = [Buffer.concat(line.up), Buffer.concat(line.down)]
  const place = `connection ${index + 1}`
  const head = down.subarray(0, maxHeadBytes).toString('latin1').split('\r\n\r\n')[0] ?? ''
  if (/^sec-websocket-extensions:.*deflate/imu.test(head)) throw new Error(`${place} is compressed: words cannot be seen in it`)
  return [
    { place: `${place} up`, bytes: up },
    { place: `${place} up, unmasked`, bytes: unmasked(up) },
    { place: `${place} down`, bytes: down },
  ]
}

const maxHeadBytes = 16 * 1024

/** The payloads of the WebSocket frames in what a browser has sent, one after the other; nothing of a connection without them. */
export function unmasked(sent: Buffer): Buffer {
  const head = sent.subarray(0, maxHeadBytes).toString('latin1')
  const end = head.indexOf('\r\n\r\n')
  if (end < 0 || !/^upgrade: *websocket/imu.test(head.slice(0, end))) return Buffer.alloc(0)
  const payloads: Buffer[] = []
  for (let at = end + 4; at + 2 <= sent.length;) {
    const frame = readFrame(sent, at)
    payloads.push(frame.payload)
    at = frame.end
  }
  return Buffer.concat(payloads)
}

/** RFC 6455, 5.2. A frame that was cut off gives what there is. */
function readFrame(bytes: Buffer, at: number): { readonly payload: Buffer; readonly end: number } {
  const second = bytes.readUInt8(at + 1)
  const short = second & 0x7f
  const lengthSize = short === 126 ? 2 : short === 127 ? 8 : 0
  const keyAt = at + 2 + lengthSize
  const isMasked = (second & 0x80) !== 0
  if (keyAt + 4 > bytes.length) return { payload: Buffer.alloc(0), end: bytes.length }
  const length = lengthSize === 0 ? short : lengthSize === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
  const from = isMasked ? keyAt + 4 : keyAt
  const payload = Buffer.from(bytes.subarray(from, from + length))
  if (isMasked)
    for (let index = 0; index < payload.length; index++) payload[index] = (payload[index] ?? 0) ^ (bytes[keyAt + (index % 4)] ?? 0)
  return { payload, end: from + length }
}
