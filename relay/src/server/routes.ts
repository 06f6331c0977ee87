/** Who answers what on the one port. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Meter } from '../core/meter.ts'
import { systemCode } from '../data-folder.ts'
import type { Addresses } from './addresses.ts'
import { fail, tooMany } from './api.ts'
import type { Api } from './api.ts'
import type { Collab } from './collab.ts'
import type { Door } from './door.ts'
import type { Listener } from './listener.ts'
import type { Note } from './log-lines.ts'
import type { Monitor } from './monitor.ts'
import type { Origins } from './origins.ts'
import type { PeerRelay } from './peer-relay.ts'
import type { StaticFiles } from './static-files.ts'

export interface Parts {
  readonly addresses: Addresses
  readonly door: Door
  readonly origins: Origins
  readonly files: StaticFiles
  readonly api: Api
  readonly monitor: Monitor
  readonly collab: Collab
  readonly peers: Pick<PeerRelay, 'upgrade'>
  readonly meter: Meter
  readonly note: Note
  /** Sets the security headers. */
  readonly protect: (response: ServerResponse) => void
}

/** Takes connections up from now on. */
export function attach(server: Listener['server'], parts: Parts): void {
  const { note, door, addresses, meter } = parts
  server.on('error', (fault) => note('server-failed', { code: systemCode(fault) }))
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    // All of a proxy's visitors share its address; they are told apart by what it says of them.
    if (addresses.isProxy(address)) return
    const leave = door.connect(address)
    if (leave) return void socket.once('close', leave)
    meter.count('throttled', 'connections')
    socket.destroy()
  })
  server.on('request', (request, response) => {
    response.once('finish', () => meter.count('requests', String(response.statusCode)))
    answer(parts, request, response).catch((thrown: unknown) => {
      note('request-failed', { error: thrown instanceof Error ? thrown.name : 'unknown' })
      response.destroy()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(parts, { request, socket, head })
  })
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { origins, files, api, monitor, door, addresses } = parts
  parts.protect(response)
  const pathname = pathOf(request)
  if (pathname === null) return fail(response, 400, 'bad-request')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead && !origins.allow(request)) return fail(response, 403, 'foreign-origin')
  const caller = addresses.of(request)
  if (pathname === '/api' || pathname.startsWith('/api/')) return api.handle(pathname, { request, response, caller })
  if (!isRead) return fail(response, 405, 'method-not-allowed')
  const waitMs = door.file(caller)
  if (waitMs > 0) return tooMany(parts, response, { what: 'files', waitMs })
  if (pathname === '/metrics' && monitor.metrics(request, response, caller)) return
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

interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

function upgrade(parts: Parts, { request, socket, head }: Upgrade): void {
  const { origins, collab, peers, door, addresses, meter } = parts
  const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  if (!origins.allow(request)) return refuse('403 Forbidden')
  const pathname = pathOf(request)
  if (pathname !== '/collab' && pathname !== '/') return refuse('404 Not Found')
  const caller = addresses.of(request)
  const waitMs = door.upgrade(caller)
  const leave = waitMs > 0 ? null : door.enter(caller)
  if (!leave) {
    meter.count('throttled', waitMs > 0 ? 'upgrades' : 'sockets')
    return refuse(`429 Too Many Requests\r\nretry-after: ${Math.max(1, Math.ceil(waitMs / 1000))}`)
  }
  socket.once('close', leave)
  if (pathname === '/collab') collab.upgrade(request, socket, head)
  else peers.upgrade(request, socket, head)
}
