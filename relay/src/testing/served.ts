/** A relay on a port of its own, over a folder with a workspace in it, and sessions over real sockets, for tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { concatBytes, idToBytes, makeByteWriter, toBase64, toBase64Url } from '@poruch/base'
import type { Bytes, Clock, DeviceId, ScopeId } from '@poruch/base'
import type { SigningKey, SignSuite } from '@poruch/crypto/sign'
import { webCryptoSuite } from '@poruch/crypto'
import type { Role } from '@poruch/identity/fold'
import { foundWorld, makePerson, seededRandom } from '@poruch/testkit/fixtures'
import type { Person, World } from '@poruch/testkit/fixtures'
import { decodeFrame, encodeFrame, parseFrameText } from '@poruch/sync/wire'
import type { Frame, FrameOf, FrameType } from '@poruch/sync/wire'
import { WebSocket } from 'ws'
import { Doc } from 'yjs'
import type { Settings } from '../config.ts'
import { startRelay } from '../server/serve.ts'
import type { RunningRelay } from '../server/serve.ts'

/** What the folder is filled with. The relay's sequencer key is of this seed. */
export const servedSeed: Bytes = new Uint8Array(32).fill(9)

export interface ServedWorld {
  readonly suite: SignSuite
  readonly scope: ScopeId
  readonly records: readonly Bytes[]
  readonly sequencer: SigningKey
}

/** A world of these people whose sequencer is the relay that `serveWorld` starts. */
export async function servedWorld(roles: Readonly<Record<string, Role>>, ...names: readonly string[]): Promise<World> {
  const random = seededRandom(3)
  const suite = webCryptoSuite(random)
  const people: Person[] = []
  for (const name of [...names, 'mallory']) people.push(await makePerson(suite, random, name))
  const ours = { ...suite, generateSigningKey: async () => suite.signingKeyFromSeed(servedSeed) }
  const world = await foundWorld({ suite: ours, random, people })
  for (const name of names.slice(1)) await world.admit(name, roles[name])
  return world
}

export interface ServedPerson {
  readonly device: DeviceId
  readonly identity: { readonly device: SigningKey }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface Socket {
  send(frame: Frame): void
  next<Type extends FrameType>(type: Type): Promise<FrameOf<Type>>
  /** Resolves with the reason when the socket ended. */
  readonly ended: Promise<string>
}

export interface Served {
  readonly relay: RunningRelay
  readonly folder: string
  readonly lines: readonly string[]
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body?: Bytes, headers?: Record<string, string>): Promise<Response>
  /** The body of a session's request. */
  sessionBody(person: ServedPerson): Promise<Bytes>
  /** A token, or the code of the refusal. */
  tokenOf(person: ServedPerson): Promise<Bytes | string>
  connect(person: ServedPerson): Promise<Socket>
  /** The HTTP status that an upgrade is answered with; 101 when it is taken, and then closed. */
  upgrade(path: string, headers?: Record<string, string>): Promise<number>
  /** Stops it, and starts it again over the same folder. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Stops it and deletes the folder. */
  end(): Promise<void>
}

export interface ServedOptions {
  readonly world: ServedWorld
  readonly settings?: Partial<Settings>
  readonly clock?: Clock
}

export function settingsIn(folder: string, more: Partial<Settings> = {}): Settings {
  return {
    host: '127.0.0.1',
    port: 0,
    data: join(folder, 'data'),
    client: join(folder, 'client'),
    url: null,
    origins: [],
    trustedProxy: [],
    devicesPerAddress: 500,
    deviceQuotaMiB: 2048,
    accountQuotaMiB: 8192,
    metricsToken: null,
    tlsCert: null,
    tlsKey: null,
    ...more,
  }
}

export async function serveWorld({ world, settings, clock }: ServedOptions): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-served-'))
  await mkdir(join(folder, 'client'), { recursive: true })
  await writeFile(join(folder, 'client', 'index.html'), '<!doctype html><title>Poruch</title>')
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'data', 'sequencer.key'), servedSeed)
  const log = await openSqliteRelayLog({ path: join(folder, 'data', 'relay.db') })
  await log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  await log.close()
  const lines: string[] = []
  const start = async (): Promise<RunningRelay> =>
    startRelay(settingsIn(folder, settings), (event, detail) => lines.push(JSON.stringify({ event, ...detail })), clock ? { clock } : {})
  let relay = await start()
  const ends: (() => void)[] = []
  const post: Served['post'] = async (path, body = new Uint8Array(), headers = {}) =>
    fetch(relay.url + path, { method: 'POST', body, headers })
  const sessionBody: Served['sessionBody'] = async (person) => {
    const challenge = new Uint8Array(await (await post('/api/challenge')).arrayBuffer())
    const message = concatBytes(challenge, Uint8Array.of(1), world.sequencer.publicKey)
    const sig = await world.suite.sign(person.identity.device, 'poruch/session v1', message)
    return makeByteWriter().raw(challenge).u8(1).raw(idToBytes(person.device)).bytes16(new Uint8Array()).raw(sig).done()
  }
  const tokenOf: Served['tokenOf'] = async (person) => {
    const answer = await post('/api/session', await sessionBody(person))
    if (!answer.ok) return ((await answer.json()) as { code: string }).code
    return new Uint8Array(await answer.arrayBuffer()).slice(0, 32)
  }
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0)) end()
    await relay.stop()
  }
  return {
    get relay() {
      return relay
    },
    folder,
    lines,
    get: async (path, headers = {}) => get(relay.url, path, headers),
    post,
    sessionBody,
    tokenOf,
    connect: async (person) => {
      const token = await tokenOf(person)
      if (typeof token === 'string') throw new Error(token)
      const { end, ...socket } = openSocket(relay.url, `session/${person.device}`, toBase64Url(token))
      ends.push(end)
      return socket
    },
    upgrade: async (path, headers = {}) => upgradeStatus(relay.url, path, headers),
    restart: async () => {
      await stop()
      relay = await start()
    },
    stop,
    end: async () => {
      await stop()
      await rm(folder, { recursive: true })
    },
  }
}

function get(url: string, path: string, headers: Record<string, string>): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

function upgradeStatus(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers })
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
  })
}

/** A session by the stock provider. */
export function openSocket(url: string, name: string, token: string): Socket & { end(): void } {
  const frames: Frame[] = []
  const looks = new Set<() => void>()
  const ended = Promise.withResolvers<string>()
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${url.replace('http', 'ws')}/collab`,
    WebSocketPolyfill: WebSocket,
    maxAttempts: 1,
    onDisconnect: ({ event }) => ended.resolve(event.reason),
  })
  const provider = new HocuspocusProvider({
    websocketProvider,
    name,
    document: new Doc(),
    token,
    awareness: null,
    onAuthenticationFailed: ({ reason }) => ended.resolve(reason),
    onStateless: ({ payload }) => {
      for (const bytes of parseFrameText(payload) ?? []) {
        const frame = decodeFrame(bytes)
        if (frame.ok) frames.push(frame.value)
      }
      for (const look of looks) look()
    },
  })
  provider.attach()
  const authenticated = new Promise<void>((resolve) => provider.on('authenticated', resolve))
  return {
    ended: ended.promise,
    send: (frame) => void authenticated.then(() => provider.sendStateless(toBase64(encodeFrame(frame)))),
    next: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = frames.findIndex((frame) => frame.type === type)
          if (index < 0) return
          looks.delete(look)
          resolve(frames.splice(index, 1)[0] as never)
        }
        looks.add(look)
        look()
        void ended.promise.then((reason) => reject(new Error(reason)))
      }),
    end: () => {
      provider.destroy()
      websocketProvider.destroy()
    },
  }
}
