import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hocuspocus } from '@hocuspocus/server'
import type { Connection } from '@hocuspocus/server'
import { concatBytes, makeByteReader, makeByteWriter, systemClock, toBase64, toBase64Url, toHex } from '@poruch/base'
import type { Bytes, DeviceId } from '@poruch/base'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { connectRelay } from './relay.ts'
import type { RelayConnection, SessionOptions } from './relay.ts'
import { probeTimeoutMs } from './relay-socket.ts'
import { makeHandClock } from './testing/hand-clock.ts'

const patienceMs = 30_000 // on a busy machine
vi.setConfig({ testTimeout: patienceMs })

const device = 'ab'.repeat(32) as DeviceId
const relayKey = new Uint8Array(32).fill(7)
const challenge = new Uint8Array(32).fill(9)
const tokens = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const signature = new Uint8Array(64).fill(5)
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** The relay's manners towards one device, without its judgement. */
interface StubRelay {
  readonly origin: string
  readonly sessions: Bytes[]
  readonly heard: string[]
  readonly bearers: string[]
  /** Answers instead of the usual ones, by path; a body that is null has no end. */
  readonly answers: Map<string, { readonly status: number; readonly body: Uint8Array | string | null; readonly location?: string }>
  takesToken: boolean
  answersSync: boolean
  /** Sent as soon as the token was taken. */
  greeting: string | null
  send(payload: string): void
  closeSocket(code: number, reason: string): void
}

async function startRelay(): Promise<StubRelay> {
  const web = new WebSocketServer({ noServer: true })
  let connection: Connection | null = null
  const relay: StubRelay = {
    origin: '',
    sessions: [],
    heard: [],
    bearers: [],
    answers: new Map(),
    takesToken: true,
    answersSync: true,
    greeting: null,
    send: (payload) => connection?.sendStateless(payload),
    closeSocket: (code, reason) => {
      for (const socket of web.clients) socket.close(code, reason)
    },
  }
  const hocuspocus = new Hocuspocus({
    quiet: true,
    onAuthenticate: ({ token, documentName, connectionConfig }) => {
      connectionConfig.readOnly = true
      const known = relay.takesToken && documentName === `session/${device}` && tokens.some((each) => toBase64Url(each) === token)
      return known ? Promise.resolve() : Promise.reject(new Error('refused'))
    },
    connected: ({ connection: opened }) => {
      connection = opened
      if (relay.greeting !== null) opened.sendStateless(relay.greeting)
      return Promise.resolve()
    },
    beforeSync: () => (relay.answersSync ? Promise.resolve() : new Promise(() => undefined)),
    onStateless: ({ payload }) => {
      relay.heard.push(payload)
      return Promise.resolve()
    },
  })
  const server = createServer((request, response) => {
    answer(relay, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    web.handleUpgrade(request, socket, head, (opened) => {
      const client = hocuspocus.handleConnection(opened as never, new Request(`${relay.origin}${request.url}`))
      opened.on('message', (data: Buffer) => client.handleMessage(new Uint8Array(data)))
      opened.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    for (const socket of web.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(relay, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function answer(relay: StubRelay, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  const body = new Uint8Array(await readBody(request))
  if (path === '/api/session') relay.sessions.push(body)
  if (path === '/api/sync') relay.bearers.push(request.headers.authorization ?? '')
  const given = relay.answers.get(path)
  const token = tokens[relay.sessions.length - 1] ?? challenge
  const usual: Record<string, Uint8Array | string> = {
    '/api/relay': JSON.stringify({ v: 1, key: toHex(relayKey), peer: 'the-peer' }),
    '/api/challenge': challenge,
    '/api/session': concatBytes(token, relayKey),
    '/api/sync': '',
  }
  const expired = path === '/api/sync' && relay.sessions.length < 2 && !given
  response.statusCode = given?.status ?? (expired ? 401 : 200)
  if (given?.location !== undefined) response.setHeader('location', given.location)
  if (given?.body === null) return writeOn(response)
  response.end(given?.body ?? usual[path])
}

/** As long as somebody reads. */
function writeOn(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, ' ')));
  }
  response.on('drain', more)
  more()
}

function optionsFor(relay: { readonly origin: string }, changes: Partial<SessionOptions> = {}): SessionOptions {
  return {
    origin: relay.origin,
    device,
    authenticate: {
      kind: 'device',
      proof: () => Promise.resolve(new Uint8Array(0)),
      sign: () => Promise.resolve(signature),
    },
    clock: systemClock,
    signal: new AbortController().signal,
    ...changes,
  }
}

async function connect(relay: StubRelay, changes: Partial<SessionOptions> = {}): Promise<RelayConnection> {
  const connection = await connectRelay(optionsFor(relay, changes))
  ends.push(connection.close)
  return connection
}

function closing({ link }: RelayConnection): Promise<string> {
  return new Promise((resolve) => link.onClose(resolve))
}

function nextFrames({ link }: RelayConnection, count: number): Promise<readonly number[][]> {
  return new Promise((resolve) => {
    const frames: number[][] = []
    link.onFrame((frame) => {
      frames.push([...frame])
      if (frames.length === count) resolve(frames)
    })
  })
}

test('[AB57] a relay that sends elsewhere is not followed, whatever is asked', async () => {
  const [relay, elsewhere] = [await startRelay(), await startRelay()]
  for (const path of ['/api/relay', '/api/challenge', '/api/session']) {
    for (const status of [301, 302, 307, 308]) {
      relay.answers.set(path, { status, body: '', location: `${elsewhere.origin}${path}` })
      await expect(connectRelay(optionsFor(relay))).rejects.toMatchObject({ code: 'offline' })
      relay.answers.delete(path)
    }
  }
  const later = await startRelay()
  const connection = await connect(later)
  later.answers.set('/api/sync', { status: 307, body: '', location: `${elsewhere.origin}/api/sync` })
  const sync = connection.bulk.sync(new Uint8Array(2), () => Promise.resolve(), { signal: new AbortController().signal })
  await expect(sync).rejects.toMatchObject({ code: 'offline' })
  expect([elsewhere.sessions, elsewhere.bearers]).toEqual([[], []])
})

test('[AB57] an answer that does not end is not waited for', async () => {
  const relay = await startRelay()
  for (const path of ['/api/relay', '/api/challenge', '/api/session']) {
    relay.answers.set(path, { status: 200, body: null })
    await expect(connectRelay(optionsFor(relay))).rejects.toMatchObject({ code: 'bad-answer' })
    relay.answers.set(path, { status: 400, body: null })
    await expect(connectRelay(optionsFor(relay))).rejects.toMatchObject({ code: 'refused', reason: 'http-400' })
    relay.answers.delete(path)
  }
})

test('[AB50] proves the device over the challenge, its kind and the relay’s key', async () => {
  const relay = await startRelay()
  const signed: unknown[] = []
  const proof = new Uint8Array(16).fill(3)
  const connection = await connect(relay, {
    authenticate: {
      kind: 'setup',
      proof: (given) => Promise.resolve(toHex(given) === toHex(challenge) ? proof : challenge),
      sign: (domain, message) => {
        signed.push(domain, toHex(message))
        return Promise.resolve(signature)
      },
    },
  })
  expect(signed).toEqual(['poruch/session v1', toHex(concatBytes(challenge, Uint8Array.of(3), relayKey))])
  const reader = makeByteReader(relay.sessions[0] ?? new Uint8Array(0))
  expect([toHex(reader.raw(32)), reader.u8(), toHex(reader.raw(32))]).toEqual([toHex(challenge), 3, device])
  expect([toHex(reader.bytes16(16)), toHex(reader.raw(64))]).toEqual([toHex(proof), toHex(signature)])
  reader.end()
  expect(connection.relayKey).toEqual(relayKey)
})

test('[AB51] carries frames both ways in order, the ones that come early too', async () => {
  const relay = await startRelay()
  relay.greeting = toBase64(Uint8Array.of(1))
  const connection = await connect(relay)
  relay.send(toBase64(Uint8Array.of(2, 3)))
  expect(await nextFrames(connection, 2)).toEqual([[1], [2, 3]])
  expect(connection.link.send(Uint8Array.of(4))).toBe(true)
  expect(connection.link.send(Uint8Array.of(5))).toBe(true)
  const echo = nextFrames(connection, 1)
  await expect.poll(() => relay.heard, { timeout: patienceMs }).toEqual([4, 5].map((byte) => toBase64(Uint8Array.of(byte))))
  relay.send(toBase64(Uint8Array.of(6)))
  expect(await echo).toEqual([[6]])
  relay.send([7, 8].map((byte) => toBase64(Uint8Array.of(byte))).join(' '))
  expect(await nextFrames(connection, 2)).toEqual([[7], [8]])
})

test('[AB52] tells a relay that says no from one that does not answer', async () => {
  const relay = await startRelay()
  const attempt = (changes?: Partial<SessionOptions>) => connectRelay(optionsFor(relay, changes))
  relay.answers.set('/api/session', { status: 403, body: JSON.stringify({ code: 'unknown-device', detail: '' }) })
  await expect(attempt()).rejects.toMatchObject({ code: 'refused', reason: 'unknown-device' })
  relay.answers.set('/api/session', { status: 404, body: '<html>' })
  await expect(attempt()).rejects.toMatchObject({ code: 'refused', reason: 'http-404' })
  relay.answers.set('/api/session', { status: 503, body: '' })
  await expect(attempt()).rejects.toMatchObject({ code: 'offline' })
  relay.answers.set('/api/session', { status: 200, body: 'short' })
  await expect(attempt()).rejects.toMatchObject({ code: 'bad-answer' })
  relay.answers.clear()
  await expect(attempt({ relayKey: challenge })).rejects.toMatchObject({ code: 'relay-changed' })
  await expect(connectRelay(optionsFor({ origin: 'http://127.0.0.1:9' }))).rejects.toMatchObject({ code: 'offline' })
  relay.takesToken = false
  await expect(attempt()).rejects.toMatchObject({ code: 'refused', reason: 'unauthorised' })
})

test('[AB53] ends with the relay’s own reason, and with offline when there is none', async () => {
  const relay = await startRelay()
  const first = await connect(relay)
  const replaced = closing(first)
  relay.closeSocket(4409, 'newer-session')
  expect(await replaced).toBe('newer-session')
  expect(first.link.send(Uint8Array.of(1))).toBe(false)
  const second = await connect(relay)
  const lost = closing(second)
  relay.closeSocket(1001, '')
  expect(await lost).toBe('offline')
})

test('[AB53] ends when what comes is no frame', async () => {
  const relay = await startRelay()
  const connection = await connect(relay)
  const ended = closing(connection)
  relay.send('no base64!')
  expect(await ended).toBe('bad-frame')
})

test('[AB54] the signal ends the attempt, and later the connection', async () => {
  const relay = await startRelay()
  const early = new AbortController()
  const attempt = connectRelay(optionsFor(relay, { signal: early.signal }))
  early.abort()
  await expect(attempt).rejects.toMatchObject({ code: 'offline' })
  const late = new AbortController()
  const connection = await connect(relay, { signal: late.signal })
  const ended = closing(connection)
  late.abort()
  expect(await ended).toBe('closed')
})

test('[AB55] a relay that gives no sign of life when probed is taken for gone', async () => {
  const relay = await startRelay()
  const clock = makeHandClock()
  const connection = await connect(relay, { clock })
  const reasons: string[] = []
  connection.link.onClose((reason) => reasons.push(reason))
  const answered = nextFrames(connection, 1)
  connection.probe()
  relay.send(toBase64(Uint8Array.of(1)))
  await answered
  await clock.pass(probeTimeoutMs)
  expect(reasons).toEqual([])
  relay.answersSync = false
  connection.probe()
  await clock.pass(probeTimeoutMs)
  expect(reasons).toEqual(['offline'])
})

test('[AB56] reads frames in bulk, with a new token where the old one ran out', async () => {
  const relay = await startRelay()
  const connection = await connect(relay)
  const signal = new AbortController().signal
  const frames: number[] = []
  const body = makeByteWriter().bytes32(Uint8Array.of(1, 2)).bytes32(new Uint8Array(300_000).fill(7)).bytes32(Uint8Array.of(3)).done()
  const take = (frame: Bytes): Promise<void> => {
    frames.push(frame.length)
    return Promise.resolve()
  }
  await connection.bulk.sync(Uint8Array.of(0, 0), take, { signal })
  expect(relay.bearers).toEqual([0, 1].map((index) => `Bearer ${toBase64Url(tokens[index] ?? challenge)}`))
  relay.answers.set('/api/sync', { status: 200, body })
  await connection.bulk.sync(Uint8Array.of(0, 0), take, { signal })
  expect(frames).toEqual([2, 300_000, 1])
})

test('[AB56] says offline when the bulk breaks off, and bad-answer when it is none', async () => {
  const relay = await startRelay()
  const connection = await connect(relay)
  const sync = (body: Bytes): Promise<void> => {
    relay.answers.set('/api/sync', { status: 200, body })
    return connection.bulk.sync(Uint8Array.of(0, 0), () => Promise.resolve(), { signal: new AbortController().signal })
  }
  await expect(sync(makeByteWriter().bytes32(Uint8Array.of(1)).u8(0).done())).rejects.toMatchObject({ code: 'offline' })
  await expect(
    sync(
      makeByteWriter()
        .u32(2 ** 30)
        .done(),
    ),
  ).rejects.toMatchObject({ code: 'bad-answer' })
  relay.answers.set('/api/sync', { status: 401, body: '' })
  const refused = connection.bulk.sync(Uint8Array.of(0, 0), () => Promise.resolve(), { signal: new AbortController().signal })
  await expect(refused).rejects.toMatchObject({ name: 'SyncError', code: 'unauthorised' })
})
