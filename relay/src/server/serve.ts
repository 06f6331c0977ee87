/** The relay on its one port. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { systemClock, toBase64Url, toHex } from '@poruch/base'
import { signSuite, systemRandom } from '@poruch/crypto/sign'
import type { Settings } from '../config.ts'
import { openRelayCore } from '../core/relay-core.ts'
import { openDataFolder, systemCode } from '../data-folder.ts'
import { RelayError } from '../errors.ts'
import { fail, makeApi } from './api.ts'
import type { Api } from './api.ts'
import { openCollab } from './collab.ts'
import type { Collab } from './collab.ts'
import type { Note } from './log-lines.ts'
import { localOrigins, makeOrigins } from './origins.ts'
import type { Origins } from './origins.ts'
import { openPeerRelay } from './peer-relay.ts'
import type { PeerRelay } from './peer-relay.ts'
import { readStaticFiles } from './static-files.ts'
import type { StaticFiles } from './static-files.ts'

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "media-src 'self' blob:",
    "connect-src 'self' ws: wss:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export interface RunningRelay {
  /** Where people reach it. */
  readonly url: string
  /** The one-time link while no workspace was created, else null. */
  readonly setupLink: string | null
  /** Closes sockets, waits for commits, closes the database. */
  stop(): Promise<void>
}

interface Parts {
  readonly origins: Origins
  readonly files: StaticFiles
  readonly api: Api
  readonly collab: Collab
  readonly peers: PeerRelay
}

/** @throws RelayError | RelayLogError */
export async function startRelay(settings: Settings, note: Note): Promise<RunningRelay> {
  const folder = openDataFolder(settings.data, systemRandom)
  const log = await openSqliteRelayLog({ path: folder.database })
  const suite = signSuite()
  const sequencerKey = await suite.signingKeyFromSeed(folder.sequencerSeed)
  const setup = folder.setupSecret
  const server = makeServer()
  try {
    const core = await openRelayCore({ log, suite, clock: systemClock, random: systemRandom, sequencerKey, setup, note })
    const port = await listen(server, settings)
    const url = settings.url ?? `http://localhost:${port}`
    const peers = await openPeerRelay({ seed: folder.peerSeed, url, allow: core.isTransportKey })
    core.onOrdered(peers.sweep)
    const relay = { key: toHex(sequencerKey.publicKey), peer: peers.peerId }
    const collab = openCollab({ core, note })
    const known = [url, ...settings.origins, ...localOrigins(port)]
    const files = readStaticFiles(settings.client)
    const api = makeApi({ core, clock: systemClock, note, relay })
    const parts: Parts = { origins: makeOrigins({ known, trustHost: !isLoopback(settings.host) }), files, api, collab, peers }
    attach(server, parts, note)
    note('started', { port, files: files.count })
    return {
      url,
      setupLink: core.setupOpen() ? `${url}/#setup/${toBase64Url(setup)}` : null,
      stop: async () => {
        const closed = new Promise((resolve) => server.close(resolve))
        core.close()
        collab.close()
        await peers.close()
        server.closeAllConnections()
        await closed
        await log.close()
        note('stopped')
      },
    }
  } catch (thrown) {
    server.close()
    await log.close()
    throw thrown
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Slow and swollen requests are ended by Node itself. */
function makeServer(): Server {
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 10_000 })
  server.maxHeadersCount = 100
  server.maxConnections = 10_000
  return server
}

function listen(server: Server, { host, port }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (fault) => {
      const code = systemCode(fault)
      if (code === 'EADDRINUSE') reject(new RelayError('port-busy', `port ${port} of ${host} is taken by another program`))
      else reject(new RelayError('address-unknown', `cannot listen on ${host} port ${port} (${code})`, { cause: fault }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function attach(server: Server, parts: Parts, note: Note): void {
  server.on('error', (fault) => note('server-failed', { code: systemCode(fault) }))
  server.on('request', (request, response) => {
    answer(parts, request, response).catch((thrown: unknown) => {
      note('request-failed', { error: thrown instanceof Error ? thrown.name : 'unknown' })
      response.destroy()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(parts, request, socket, head)
  })
}

async function answer({ origins, files, api }: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  const pathname = pathOf(request)
  if (pathname === null) return fail(response, 400, 'bad-request')
  if (request.method !== 'GET' && request.method !== 'HEAD' && !origins.allow(request)) return fail(response, 403, 'foreign-origin')
  if (pathname === '/api' || pathname.startsWith('/api/')) return api.handle(pathname, request, response)
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(response, 405, 'method-not-allowed')
  if (files.count === 0) return fail(response, 503, 'client-not-built')
  if (!files.serve(pathname, request, response)) fail(response, 404, 'not-found')
}

/** The decoded path, or null when it cannot be one. */
function pathOf({ url = '' }: IncomingMessage): string | null {
  try {
    return decodeURIComponent(new URL(url, 'http://relay').pathname)
  } catch {
    return null
  }
}

function upgrade({ origins, collab, peers }: Parts, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  if (!origins.allow(request)) return refuse('403 Forbidden')
  const pathname = pathOf(request)
  if (pathname === '/collab') collab.upgrade(request, socket, head)
  else if (pathname === '/') peers.upgrade(request, socket, head)
  else refuse('404 Not Found')
}
