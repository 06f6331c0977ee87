/** Stands before the real relay and shows each device what it likes: frames, answers, sockets. With no tricks it is the relay. */
import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { copyBytes, toBase64Url, toHex } from '@poruch/base'
import type { Frame } from '@poruch/sync/wire'
import { WebSocketServer } from 'ws'
import { openLine } from './line.ts'
import type { Line } from './line.ts'
import { rewriteStream } from './stream.ts'

/** To which device a frame goes, and on which way: its socket, or an answer in bulk. */
export interface Passenger {
  readonly device: string
  readonly way: 'live' | 'bulk'
}

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** What the relay does at the moment; what is absent it does honestly. */
export interface Tricks {
  /** The frames that a device gets in place of this one. */
  readonly down?: (frame: Frame, to: Passenger) => readonly Frame[]
  /** The frames that the relay gets in place of this one. */
  readonly up?: (frame: Frame, from: string) => readonly Frame[]
  /** The answer to a request, or null for the relay's own; a promise that never ends is a relay that never answers. */
  readonly http?: (path: string) => HttpAnswer | null | Promise<never>
  /** What a socket gets in place of its upgrade: a whole HTTP answer; null for the relay's own. */
  readonly upgrade?: () => string | null
}

export interface Proxy {
  setTricks(tricks: Tricks): void
  /** The open socket of a device. @throws Error when there is none */
  lineOf(device: string): Line
  /** The last place in the relay's order of a topic that a device was shown or told of. */
  seqOf(device: string, topic: string): number
  /** Ends all sockets: devices come again. */
  cut(): void
  close(): Promise<void>
}

/** Where the body of `/api/session` names its device: after the challenge and the kind. */
const deviceAt = 33
const idBytes = 32

interface State {
  readonly relayPort: number
  tricks: Tricks
  readonly lines: Map<string, Line>
  /** By token. */
  readonly devices: Map<string, string>
  /** By device and topic. */
  readonly seqs: Map<string, number>
}

/** Takes connections at `port` of loopback in front of the relay at `relayPort`. */
export async function openProxy(ports: { readonly port: number; readonly relayPort: number }): Promise<Proxy> {
  const state: State = { relayPort: ports.relayPort, tricks: {}, lines: new Map(), devices: new Map(), seqs: new Map() }
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy())
  })
  // What a giant frame is made of must get through to the victim: no bound here.
  const upgrades = new WebSocketServer({ noServer: true, maxPayload: 0, perMessageDeflate: false })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const instead = state.tricks.upgrade?.() ?? null
    if (instead !== null) return void socket.end(instead)
    upgrades.handleUpgrade(request, socket, head, (near) => {
      openLine({
        near,
        url: `ws://127.0.0.1:${state.relayPort}${request.url ?? '/'}`,
        tricks: () => state.tricks,
        onSeq: (device, topic, seq) => noteSeq(state, device, topic, seq),
        onNamed: (device, line) => {
          state.lines.set(device, line)
          // A session begins with what is true again.
          for (const key of state.seqs.keys()) if (key.startsWith(device)) state.seqs.delete(key)
        },
      })
    })
  })
  server.listen(ports.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    setTricks: (tricks) => {
      state.tricks = tricks
    },
    lineOf: (device) => {
      const line = state.lines.get(device)
      if (!line?.isOpen()) throw new Error('the device has no socket')
      return line
    },
    seqOf: (device, topic) => state.seqs.get(`${device} ${topic}`) ?? 0,
    cut: () => {
      for (const line of state.lines.values()) line.cut()
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const line of state.lines.values()) line.cut()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/'
  const body = await readAll(request)
  const instead = await state.tricks.http?.(path)
  if (instead) return void response.writeHead(instead.status, instead.headers ?? {}).end(instead.body)
  const real = await pass(state, request, body)
  response.writeHead(real.statusCode ?? 502, real.headers)
  if (path === '/api/session') return void response.end(noteToken(state, body, await readAll(real)))
  if (path !== '/api/sync' || real.statusCode !== 200) return void real.pipe(response)
  const token = /^Bearer (.+)$/u.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const to: Passenger = { device: state.devices.get(token) ?? '', way: 'bulk' }
  const change = (frame: Frame): readonly Frame[] => {
    const frames = state.tricks.down?.(frame, to) ?? [frame]
    for (const one of frames) if (one.type === 'ENTRY' || one.type === 'HEAD') noteSeq(state, to.device, one.topic, one.relaySeq)
    return frames
  }
  for await (const chunk of rewriteStream(real, change)) response.write(chunk)
  response.end()
}

// oxlint-disable-next-line max-params -- one number of one order at one device
function noteSeq({ seqs }: State, device: string, topic: string, seq: number): void {
  const key = `${device} ${topic}`
  seqs.set(key, Math.max(seqs.get(key) ?? 0, seq))
}

/** Asks the relay itself. */
async function pass({ relayPort }: State, { method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const passed = ask({ host: '127.0.0.1', port: relayPort, method, path: url, headers: { ...headers, connection: 'close' } }, resolve)
    passed.once('error', reject)
    passed.end(body)
  })
}

function noteToken({ devices }: State, asked: Buffer, answered: Buffer): Buffer {
  const token = toBase64Url(copyBytes(answered.subarray(0, idBytes)))
  devices.set(token, toHex(copyBytes(asked.subarray(deviceAt, deviceAt + idBytes))))
  return answered
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
