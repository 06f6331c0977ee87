/** The attacks of the design's list that a relay has to stand, one test each; the number is the rule's last two digits. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { encodeUtf8, toBase64Url } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { createEpoch, draftRemove, nextPlace, proposeAll } from '@poruch/identity'
import { roles, topicIdOf } from '@poruch/identity/fold'
import { encodeSyncRequest } from '@poruch/sync/wire'
import { authorOf } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Settings } from '../config.ts'
import { tokenLifeMs } from '../core/limits.ts'
import { makeHandClock } from '../testing/hand-clock.ts'
import { sceneEnvelope } from '../testing/scene.ts'
import { openSocket, serveWorld, servedWorld } from '../testing/served.ts'
import type { Served } from '../testing/served.ts'
import { addressOf } from './peer-relay.ts'

const slowMs = 60_000 // many sockets on a busy machine; nothing waits for it

let served: Served | null = null
let world: World
afterEach(async () => {
  await served?.end()
  served = null
}, slowMs)

async function serve(settings: Partial<Settings> = {}, clock = makeHandClock(Date.now())): Promise<Served & { clock: typeof clock }> {
  world = await servedWorld({ carol: roles.viewer }, 'alice', 'bob', 'carol')
  served = await serveWorld({ world, settings, clock })
  return Object.assign(served, { clock })
}

const topicOf = (): TopicId => topicIdOf(world.channel, 0)
const sub = (topic: TopicId) => ({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] }) as const

async function topicsKept({ get }: Served): Promise<number> {
  return (JSON.parse((await get('/api/health')).body) as { heads: { topics: number } }).heads.topics
}

/** What a raw connection hears, until it is closed or `enough` came. */
function raw(url: string, text: string, enough = /(?!)/u): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'))
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      if (enough.test(heard)) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(heard))
  })
}

function codeOfClose(url: string, message: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/collab`)
    socket.on('error', () => undefined)
    socket.on('close', (code) => resolve(code))
    socket.on('open', () => socket.send(message))
  })
}

test('[RE101] attack 1: a foreign Origin gets 403, for posts and sockets, and changes nothing', { timeout: slowMs }, async () => {
  const { post, upgrade, sessionBody, get } = await serve()
  const body = await sessionBody(world.person('alice'))
  for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example'])
    expect((await post('/api/session', body, { origin })).status).toBe(403)
  for (const path of ['/collab', '/']) expect(await upgrade(path, { origin: 'https://evil.example' })).toBe(403)
  expect((await get('/metrics')).body).toContain('poruch_sessions_opened_total 0')
  expect((await post('/api/session', body)).status).toBe(200)
})

test(
  '[RE102] attack 2: a missing, spent or expired token opens nothing; SUB without right is as for what is not there',
  { timeout: slowMs },
  async () => {
    const at = await serve()
    const { relay, tokenOf, post, sessionBody, clock } = at
    const alice = world.person('alice')
    const name = `session/${alice.device}`
    const ends = async (token: string) => {
      const socket = openSocket(relay.url, name, token)
      const reason = await socket.ended
      socket.end()
      return reason
    }
    expect(await ends('')).toMatch(/unauthorised/u)
    const spent = await sessionBody(alice)
    expect([(await post('/api/session', spent)).status, (await post('/api/session', spent)).status]).toEqual([200, 401])
    const token = await tokenOf(alice)
    if (typeof token === 'string') throw new Error(token)
    clock.advance(tokenLifeMs)
    expect(await ends(toBase64Url(token))).toMatch(/unauthorised/u)
    expect((await post('/api/sync', encodeSyncRequest([]), { authorization: `Bearer ${toBase64Url(token)}` })).status).toBe(401)
    const bob = await at.connect(world.person('bob'))
    bob.send(sub('0f'.repeat(32) as TopicId))
    expect(await bob.next('REFUSE')).toEqual({ type: 'REFUSE', ref: 0, code: 'unknown-topic', detail: '0f'.repeat(32) })
    expect(await topicsKept(at)).toBe(0)
  },
)

test('[RE103] attack 3: guessed and traversing names are as absent, and make nothing', { timeout: slowMs }, async () => {
  const at = await serve()
  for (const path of [
    '/../data/sequencer.key',
    '/%2e%2e/data/relay.db',
    '/..%2fdata%2fsetup.key',
    '/.git/config',
    '/data/relay.db',
    '/api/../data',
  ])
    expect([400, 404]).toContain((await at.get(path)).status)
  const token = await at.tokenOf(world.person('alice'))
  if (typeof token === 'string') throw new Error(token)
  for (const name of [`session/${world.person('bob').device}`, 'session/', '../session', topicOf(), '__proto__', 'x'.repeat(5_000)]) {
    const socket = openSocket(at.relay.url, name, toBase64Url(token))
    expect(await socket.ended).toMatch(/unauthori[sz]ed|permission-denied/iu)
    socket.end()
  }
  const guesses = [
    topicIdOf(
      world.channel.replace(/^./u, (digit) => (digit === '0' ? '1' : '0')),
      0,
    ),
    '00'.repeat(32) as TopicId,
  ]
  const alice = await at.connect(world.person('alice'))
  for (const topic of guesses) {
    alice.send(sub(topic))
    expect(await alice.next('REFUSE')).toMatchObject({ code: 'unknown-topic' })
  }
  expect(await topicsKept(at)).toBe(0)
})

test('[RE104] attack 4: tokens of other forms, algorithms, audiences and schemes get 401', { timeout: slowMs }, async () => {
  const { post, tokenOf } = await serve()
  const token = await tokenOf(world.person('alice'))
  if (typeof token === 'string') throw new Error(token)
  const good = toBase64Url(token)
  const part = (value: object) => toBase64Url(encodeUtf8(JSON.stringify(value)))
  const jwt = `${part({ alg: 'none', kid: '../setup.key' })}.${part({ sub: world.person('alice').device, aud: 'relay' })}.`
  const forms = [
    jwt,
    good.slice(1),
    `${good}A`,
    `${good}=`,
    toBase64Url(randomBytes(32).slice()),
    good.replace(/^./u, (c) => (c === 'A' ? 'B' : 'A')),
  ]
  for (const authorization of [...forms.map((form) => `Bearer ${form}`), `Basic ${good}`, good, `bearer ${good}`, ''])
    expect((await post('/api/sync', encodeSyncRequest([]), { authorization })).status).toBe(401)
  expect((await post('/api/sync', encodeSyncRequest([]), { authorization: `Bearer ${good}` })).status).toBe(200)
})

test('[RE105] attack 5: a removed member’s socket is closed, and opens no more', { timeout: slowMs }, async () => {
  const { connect: enter, tokenOf } = await serve()
  const [alice, bob] = [await enter(world.person('alice')), await enter(world.person('bob'))]
  bob.send(sub(topicOf()))
  await bob.next('HEAD')
  const { userId } = world.person('bob')
  const readers = world.fold.members().filter((member) => member.user !== userId)
  const named = readers.map(({ user, userLogHead, puk }) => ({ user, userLogHead, pukGen: puk.gen }))
  const gen = world.fold.epochs().length
  const { draft } = await createEpoch({ ...world, gen, readers: named, previousKey: world.epochKeys.get(gen - 1) ?? null })
  const drafts = [await draftRemove(world.suite, userId, []), draft]
  const made = await proposeAll(world.suite, nextPlace(world.fold), { drafts, author: authorOf(world.person('alice')) })
  alice.send({ type: 'PROPOSE', ref: 1, records: made.map(({ record }) => record) })
  await alice.next('ORDERED')
  expect(await bob.ended).toBe('not-a-member')
  expect(await tokenOf(world.person('bob'))).toBe('not-a-member')
})

test('[RE106] attack 6: what a viewer writes is refused, and not stored', { timeout: slowMs }, async () => {
  const at = await serve()
  const carol = await at.connect(world.person('carol'))
  const { suite, fold } = world
  const written = await sceneEnvelope({ suite, fold, person: world.person('carol'), topic: topicOf(), seq: 1, prev: null })
  carol.send({ type: 'APPEND', ref: 4, topic: topicOf(), envelope: written.bytes })
  expect(await carol.next('REFUSE')).toMatchObject({ ref: 4, code: 'no-right' })
  expect(await topicsKept(at)).toBe(0)
})

test('[RE113] attack 13: nothing is inflated, and oversize messages close with 1009', { timeout: slowMs }, async () => {
  const { relay, post, get } = await serve()
  const handshake = [
    'GET /collab HTTP/1.1',
    'host: x',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
    'sec-websocket-extensions: permessage-deflate',
  ]
  // FIN, RSV1 ("compressed"), binary; masked with zeros; 4 bytes.
  const compressed = `\u00c2\u0084\u0000\u0000\u0000\u0000abcd`
  const heard = await raw(relay.url, `${handshake.join('\r\n')}\r\n\r\n${compressed}`)
  expect(heard).toMatch(/^HTTP\/1.1 101/u)
  expect(heard.toLowerCase()).not.toContain('sec-websocket-extensions')
  // A close frame with 1002, "protocol error".
  expect(heard).toContain('\u0088\u0002\u0003\u00ea')
  const bomb = new Uint8Array(gzipSync(new Uint8Array(512 * 1024)))
  expect(bomb.length).toBeLessThan(1024)
  expect((await post('/api/session', bomb, { 'content-encoding': 'gzip' })).status).toBe(400)
  expect(await codeOfClose(relay.url, new Uint8Array(2_000_000))).toBe(1009)
  expect((await get('/api/relay')).status).toBe(200)
})

test(
  '[RE114] attack 14: giant frames, trickled requests and 2,000 headers cost a bound, and others are served',
  { timeout: slowMs },
  async () => {
    const { relay, get, upgrade } = await serve()
    const many = (count: number) => Array.from({ length: count }, (_, n) => `h${n}: 1\r\n`).join('')
    expect(await raw(relay.url, `GET /api/relay HTTP/1.1\r\nhost: x\r\n${many(2_000)}\r\n`)).toMatch(/^HTTP\/1.1 431/u)
    // Few, and giant.
    expect(await raw(relay.url, `GET /api/relay HTTP/1.1\r\nhost: x\r\nh: ${'a'.repeat(64 * 1024)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/u)
    // Fewer, and small: an Origin behind the last header that is looked at would not be seen.
    expect(
      await raw(
        relay.url,
        `POST /api/challenge HTTP/1.1\r\nhost: x\r\n${many(99)}origin: https://evil.example\r\ncontent-length: 0\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1.1 431/u)
    expect(await upgrade('/collab', Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`h${n}`, '1'])))).toBe(431)
    const { hostname, port } = new URL(relay.url)
    const slow = Array.from({ length: 50 }, () => {
      const socket = connect(Number(port), hostname, () => socket.write('GET / HTTP/1.1\r\nhost: x\r\nx-slow: '))
      socket.on('error', () => undefined)
      return socket
    })
    await Promise.all(slow.map(async (socket) => new Promise((resolve) => socket.once('connect', resolve))))
    expect(await codeOfClose(relay.url, new Uint8Array(1_500_000))).toBe(1009)
    const alice = await (served as Served).connect(world.person('alice'))
    alice.send(sub(topicOf()))
    expect(await alice.next('HEAD')).toMatchObject({ relaySeq: 0 })
    expect((await get('/')).status).toBe(200)
    for (const socket of slow) socket.destroy()
  },
)

test('[RE73] a socket that never shows a token is closed after 10 s', { timeout: slowMs }, async () => {
  const { relay, clock, connect: enter } = await serve()
  const alice = await enter(world.person('alice'))
  alice.send(sub(topicOf()))
  await alice.next('HEAD')
  const silent = new WebSocket(`${relay.url.replace('http', 'ws')}/collab`)
  const closed = new Promise<number>((resolve) => silent.on('close', (code) => resolve(code)))
  await new Promise((resolve) => silent.on('open', resolve))
  clock.advance(10_000)
  expect(await closed).toBe(4401)
  alice.send(sub(topicOf()))
  expect(await alice.next('HEAD')).toMatchObject({ relaySeq: 0 })
})

test('[RE115] attack 15: floods get 429, forged forwarding headers help nobody, and others are served', { timeout: slowMs }, async () => {
  const { get, upgrade, post, clock } = await serve({ devicesPerAddress: 2, trustedProxy: [] })
  const flood: number[] = []
  for (let n = 0; n < 12; n++)
    flood.push((await get('/api/relay', { 'x-forwarded-for': `203.0.113.${n}`, forwarded: `for=198.51.100.${n}` })).status)
  expect(flood).toEqual([...Array.from({ length: 8 }, () => 200), ...Array.from({ length: 4 }, () => 429)])
  const refused = await post('/api/challenge')
  expect([refused.status, await refused.json(), refused.headers.get('retry-after')]).toEqual([
    429,
    { code: 'too-many-requests', detail: '' },
    '5',
  ])
  const sockets: number[] = []
  for (let n = 0; n < 6; n++) sockets.push(await upgrade('/collab', { 'x-forwarded-for': `203.0.113.${n}` }))
  expect(sockets).toEqual([101, 101, 101, 101, 429, 429])
  clock.advance(600_000)
  expect((await get('/api/relay')).status).toBe(200)
})

test(
  '[RE115] attack 15: behind a configured proxy one visitor’s flood does not touch another; sockets at once are bounded',
  { timeout: slowMs },
  async () => {
    const { get, relay, clock } = await serve({ devicesPerAddress: 2, trustedProxy: ['127.0.0.1'] })
    const visit = async (visitor: string, chain = '') => (await get('/api/relay', { 'x-forwarded-for': `${chain}${visitor}` })).status
    for (let n = 0; n < 8; n++) expect(await visit('203.0.113.1', `10.9.8.${n}, `)).toBe(200)
    expect(await visit('203.0.113.1', '203.0.113.2, ')).toBe(429)
    expect(await visit('203.0.113.2')).toBe(200)
    const open: WebSocket[] = []
    const enter = async (visitor: string): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/collab`, { headers: { 'x-forwarded-for': visitor } })
        socket.on('error', () => undefined)
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
        socket.on('open', () => {
          open.push(socket)
          resolve(101)
        })
      })
    for (let n = 0; n < 8; n++) {
      clock.advance(20_000)
      expect(await enter('203.0.113.3')).toBe(101)
      // A socket without a token would be closed after 10 s; its place is what counts here.
    }
    for (const socket of open) socket.terminate()
  },
)

test('[RE72] attack 15: connections that only stand there are bounded for one address', { timeout: slowMs }, async () => {
  const { relay, get } = await serve({ devicesPerAddress: 1 })
  const { hostname, port } = new URL(relay.url)
  const stand = (): Promise<{ readonly isTaken: boolean; end(): void }> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.once('close', () => resolve({ isTaken: false, end: () => undefined }))
      socket.once('data', () => resolve({ isTaken: true, end: () => socket.destroy() }))
      // Answered at once, and kept open for more.
      socket.once('connect', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\nGET'))
    })
  const standing = []
  for (let n = 0; n < 12; n++) standing.push(await stand())
  expect(standing.filter(({ isTaken }) => isTaken)).toHaveLength(12)
  expect((await stand()).isTaken).toBe(false)
  for (const { end } of standing) end()
  await expect
    .poll(async () =>
      get('/').then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200)
})

test('[RE124] attack 24: libp2p gives strangers nothing, and its sockets are bounded like all others', { timeout: slowMs }, async () => {
  const { relay, get, upgrade } = await serve({ devicesPerAddress: 4 })
  const { peer } = JSON.parse((await get('/api/relay')).body) as { peer: string }
  const stranger = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
  })
  const ended = new Promise<void>((resolve) => stranger.addEventListener('connection:close', () => resolve()))
  await stranger.dial(multiaddr(`${addressOf(relay.url)}/p2p/${peer}`)).then(
    async () => ended,
    () => undefined,
  )
  expect(stranger.getConnections()).toEqual([])
  await stranger.stop()
  const statuses: number[] = []
  for (let n = 0; n < 10; n++) statuses.push(await upgrade('/'))
  expect(statuses.slice(0, 7)).toEqual(Array.from({ length: 7 }, () => 101))
  expect(statuses.slice(-2)).toEqual([429, 429])
})
