import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { concatBytes, idToBytes, makeByteWriter, toBase64, toBase64Url } from '@poruch/base'
import type { Bytes, TopicId } from '@poruch/base'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { webCryptoSuite } from '@poruch/crypto'
import { topicIdOf } from '@poruch/identity/fold'
import { decodeFrame, encodeFrame, encodeSyncRequest, parseFrameText } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'

import { foundWorld, makePerson, seededRandom } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Doc } from 'yjs'
import { sceneEnvelope } from '../testing/scene.ts'
import { settingsIn } from '../testing/served.ts'
import { startRelay } from './serve.ts'
import type { RunningRelay } from './serve.ts'

let folder: string
let relay: RunningRelay
let world: World
let notes: string[]
let ends: (() => void)[]

/** The world's sequencer is this relay: its key lies in the data folder, its log in the database. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-serve-'))
  ends = []
  notes = []
  await mkdir(join(folder, 'client', 'assets'), { recursive: true })
  await writeFile(join(folder, 'client', 'index.html'), '<!doctype html><title>Poruch</title>')
  await writeFile(join(folder, 'client', 'assets', 'app-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'not for you')
  await mkdir(join(folder, 'data'))
  const seed = new Uint8Array(32).fill(9)
  await writeFile(join(folder, 'data', 'sequencer.key'), seed)
  world = await seededWorld(seed)
  const log = await openSqliteRelayLog({ path: join(folder, 'data', 'relay.db') })
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  await log.close()
  relay = await start()
})
afterEach(async () => {
  for (const end of ends) end()
  await relay.stop()
  await rm(folder, { recursive: true })
})

function start(): Promise<RunningRelay> {
  return startRelay(settingsIn(folder, { origins: ['https://friend.example'] }), (event) => notes.push(event))
}

/** A world whose sequencer's key is of this seed. */
async function seededWorld(seed: Bytes): Promise<World> {
  const random = seededRandom(3)
  const suite = webCryptoSuite(random)
  const people: Person[] = []
  for (const name of ['alice', 'bob', 'mallory']) people.push(await makePerson(suite, random, name))
  const founded = await foundWorld({ suite: { ...suite, generateSigningKey: async () => suite.signingKeyFromSeed(seed) }, random, people })
  await founded.admit('bob')
  return founded
}

async function post(path: string, body: Bytes, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(relay.url + path, { method: 'POST', body, headers })
}

async function tokenOf(person: Person): Promise<Bytes | string> {
  const challenge = new Uint8Array(await (await post('/api/challenge', new Uint8Array())).arrayBuffer())
  const message = concatBytes(challenge, Uint8Array.of(1), world.sequencer.publicKey)
  const sig = await world.suite.sign(person.identity.device, 'poruch/session v1', message)
  const device = idToBytes(person.device)
  const answer = await post('/api/session', makeByteWriter().raw(challenge).u8(1).raw(device).bytes16(new Uint8Array()).raw(sig).done())
  if (!answer.ok) return ((await answer.json()) as { code: string }).code
  const bytes = new Uint8Array(await answer.arrayBuffer())
  expect(bytes.slice(32)).toEqual(world.sequencer.publicKey)
  return bytes.slice(0, 32)
}

interface Socket {
  readonly frames: Frame[]
  send(frame: Frame): void
  sendText(text: string): void
  /** A whole message of Hocuspocus' protocol. */
  sendRaw(message: Uint8Array): void
  next(type: Frame['type']): Promise<Frame>
  readonly failed: Promise<string>
  readonly provider: HocuspocusProvider
}

function openSocket(name: string, token: string, withAwareness = false): Socket {
  const frames: Frame[] = []
  const looks = new Set<() => void>()
  const failed = Promise.withResolvers<string>()
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${relay.url.replace('http', 'ws')}/collab`,
    WebSocketPolyfill: WebSocket,
    maxAttempts: 1,
    onDisconnect: ({ event }) => failed.resolve(event.reason),
  })
  const provider = new HocuspocusProvider({
    websocketProvider,
    name,
    document: new Doc(),
    token,
    ...(withAwareness ? {} : { awareness: null }),
    onAuthenticationFailed: ({ reason }) => failed.resolve(reason),
    onStateless: ({ payload }) => {
      for (const bytes of parseFrameText(payload) ?? []) {
        const frame = decodeFrame(bytes)
        if (frame.ok) frames.push(frame.value)
      }
      for (const look of looks) look()
    },
  })
  provider.attach()
  ends.push(() => {
    provider.destroy()
    websocketProvider.destroy()
  })
  const authenticated = new Promise<void>((resolve) => provider.on('authenticated', resolve))
  const sendText = (text: string): void => void authenticated.then(() => provider.sendStateless(text))
  return {
    frames,
    provider,
    failed: failed.promise,
    sendText,
    sendRaw: (message) => websocketProvider.webSocket?.send(new Uint8Array(message)),
    send: (frame) => sendText(toBase64(encodeFrame(frame))),
    next: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = frames.findIndex((frame) => frame.type === type)
          if (index < 0) return
          looks.delete(look)
          resolve(frames.splice(index, 1)[0] as Frame)
        }
        looks.add(look)
        look()
        void failed.promise.then((reason) => reject(new Error(reason)))
      }),
  }
}

async function session(name: string): Promise<Socket & { token: Bytes }> {
  const person = world.person(name)
  const token = await tokenOf(person)
  if (typeof token === 'string') throw new Error(token)
  return { ...openSocket(`session/${person.device}`, toBase64Url(token)), token }
}

const sub = (topic: TopicId): Frame => ({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] })

describe('sessions over sockets', () => {
  test('[RE50] a session speaks frames over /collab and reads in bulk over /api/sync', async () => {
    const topic = topicIdOf(world.channel, 0)
    const [alice, bob] = [await session('alice'), await session('bob')]
    bob.send(sub(topic))
    await bob.next('HEAD')
    const { suite, fold } = world
    const written = await sceneEnvelope({ suite, fold, person: world.person('alice'), topic, seq: 1, prev: null, sizeBytes: 250_000 })
    alice.send({ type: 'APPEND', ref: 1, topic, envelope: written.bytes })
    expect(await alice.next('ACK')).toEqual({ type: 'ACK', ref: 1, relaySeq: 1 })
    expect(await bob.next('ENTRY')).toMatchObject({ envelope: written.bytes })
    const answer = await post('/api/sync', encodeSyncRequest([{ topic, relaySeq: 0, idPrefix: '00000000' }]), {
      authorization: `Bearer ${toBase64Url(bob.token)}`,
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const entry = encodeFrame({ type: 'ENTRY', topic, relaySeq: 1, envelope: written.bytes })
    const head = encodeFrame({ type: 'HEAD', topic, relaySeq: 1 })
    expect(bytes).toEqual(makeByteWriter().bytes32(entry).bytes32(head).done())
  })

  test('[RE51] without a good token, or for another device’s document, nothing opens', async () => {
    expect(await tokenOf(world.person('mallory'))).toBe('not-a-member')
    const token = await tokenOf(world.person('alice'))
    if (typeof token === 'string') throw new Error(token)
    const names = [`session/${world.person('bob').device}`, 'session/', '../etc/passwd', 'x'.repeat(5000)]
    for (const name of names) expect(await openSocket(name, toBase64Url(token)).failed).toMatch(/unauthorised|permission-denied/u)
    expect(await openSocket(`session/${world.person('alice').device}`, 'no token').failed).toMatch(/unauthorised/u)
    for (const authorization of ['', 'Bearer x', `Bearer ${'A'.repeat(43)}`]) {
      expect((await post('/api/sync', encodeSyncRequest([]), { authorization })).status).toBe(401)
    }
  })

  test('[RE52] Yjs updates, awareness and broadcasts end the socket; the provider’s empty ones do not', async () => {
    const alice = await session('alice')
    alice.provider.document.getMap('m').set('k', 1)
    expect(await alice.failed).not.toBe('')
    const person = world.person('bob')
    const token = await tokenOf(person)
    if (typeof token === 'string') throw new Error(token)
    const bob = openSocket(`session/${person.device}`, toBase64Url(token), true)
    bob.send(sub(topicIdOf(world.channel, 0)))
    bob.provider.setAwarenessField('cursor', 1)
    expect(await bob.failed).not.toBe('')
    const loud = await session('bob')
    loud.send(sub(topicIdOf(world.channel, 0)))
    await loud.next('HEAD')
    loud.sendRaw(Buffer.from(`\u0048session/${person.device}\u0006\u0002hi`, 'latin1'))
    expect(await loud.failed).not.toBe('')
    const quiet = await session('alice')
    quiet.provider.forceSync()
    quiet.send(sub(topicIdOf(world.channel, 0)))
    expect(await quiet.next('HEAD')).toMatchObject({ relaySeq: 0 })
  })

  test('[RE53] garbage before and after authentication ends one socket at most, and the relay stays up', async () => {
    const raw = (message: Uint8Array | string): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/collab`)
        socket.on('error', () => undefined)
        socket.on('close', (code) => resolve(code))
        socket.on('open', () => socket.send(message))
      })
    expect(await raw('text')).toBe(4400)
    for (const message of [new Uint8Array([255, 255, 255]), new Uint8Array(0), new Uint8Array(2_000_000)])
      expect(await raw(message)).toBeGreaterThan(1000)
    const alice = await session('alice')
    alice.sendText(toBase64(new Uint8Array([250, 1])))
    expect(await alice.next('REFUSE')).toMatchObject({ code: 'unknown-frame' })
    alice.sendText(toBase64(new Uint8Array(1024 * 1024 + 5).fill(1)))
    expect(await alice.next('REFUSE')).toMatchObject({ code: 'too-large' })
    alice.sendText('*** no base64 ***')
    expect(await alice.failed).toBe('bad-message')
    const bob = await session('bob')
    bob.send(sub(topicIdOf(world.channel, 0)))
    await bob.next('HEAD')
    expect((await fetch(`${relay.url}/api/relay`)).status).toBe(200)
  })

  test('[RE3] a newer session of the device closes the older one', async () => {
    const older = await session('alice')
    older.send(sub(topicIdOf(world.channel, 0)))
    await older.next('HEAD')
    await session('alice')
    expect(await older.failed).toBe('newer-session')
  })
})

describe('one HTTP port', () => {
  const get = (
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: Record<string, unknown>; body: string }> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(relay.url)
      const asked = request({ hostname, port, path, headers }, (answer) => {
        let body = ''
        answer.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
      asked.on('error', reject)
      asked.end()
    })

  test('[RE54] serves the app with its types and lifetimes, navigations as its page, and nothing outside its folder', async () => {
    const page = await get('/')
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } })
    expect(await get('/assets/app-1a2b.js')).toMatchObject({
      headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' },
    })
    expect((await get('/w/general', { accept: 'text/html' })).body).toBe(page.body)
    expect((await get('/', { 'if-none-match': String(page.headers['etag']) })).status).toBe(304)
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/absent.js',
      '/%00',
      '/%ff',
    ]) {
      const answer = await get(path)
      expect([400, 404]).toContain(answer.status)
      expect(answer.body).not.toContain('not for you')
    }
    expect((await get('/api/absent')).status).toBe(404)
  })

  test('[RE55] every answer carries the security headers', async () => {
    for (const path of ['/', '/api/relay', '/absent']) {
      const { headers } = await get(path)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*connect-src 'self' ws: wss:.*frame-ancestors 'none'/u)
    }
  })

  test('[RE56] pages of other sites are refused, for posts and for sockets', async () => {
    expect((await post('/api/challenge', new Uint8Array(), { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('/api/challenge', new Uint8Array(), { origin: 'null' })).status).toBe(403)
    for (const origin of [relay.url, 'https://friend.example'])
      expect((await post('/api/challenge', new Uint8Array(), { origin })).status).toBe(200)
    for (const path of ['/collab', '/']) {
      const status = await new Promise<number>((resolve) => {
        const socket = new WebSocket(relay.url.replace('http', 'ws') + path, { origin: 'https://evil.example' })
        socket.on('error', () => undefined)
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
      })
      expect(status).toBe(403)
    }
  })

  test('[RE57] bodies over their bound, other methods and raw garbage get an error, and the relay stays up', async () => {
    expect((await post('/api/session', new Uint8Array(2_000))).status).toBe(413)
    expect((await post('/api/session', new Uint8Array(10))).status).toBe(400)
    expect((await fetch(relay.url, { method: 'DELETE' })).status).toBe(405)
    const { hostname, port } = new URL(relay.url)
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(Number(port), hostname, () => socket.end('\u0016\u0003\u0001 this is no HTTP\r\n\r\n'))
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 400/u)
    expect((await get('/api/relay')).status).toBe(200)
  })
})
