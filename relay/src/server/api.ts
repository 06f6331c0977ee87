/** `/api`: sessions and bulk reading. See docs/PROTOCOL.md, "Relay over HTTP". */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { copyBytes, makeByteWriter, parseBase64Url, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { deviceBulkRefillMs, deviceSessionRefillMs } from '../core/limits.ts'
import type { Meter } from '../core/meter.ts'
import type { RelayCore } from '../core/ports.ts'
import type { Caller } from './addresses.ts'
import type { Audit } from './audit.ts'
import type { Door } from './door.ts'
import type { Note } from './log-lines.ts'
import type { Monitor } from './monitor.ts'

/** A session's request is some 250 bytes. */
const maxSmallBodyBytes = 1024
/** Where the body of `/api/session` names its device: after the challenge and the kind. */
const claimedDeviceAt = 33
/** 4,096 cursors of 40 bytes and their count. */
const maxSyncBodyBytes = 2 + 4096 * 40
/** A bulk answer that nobody reads for so long is ended. */
const idleReaderMs = 60_000

export interface ApiParts {
  readonly core: RelayCore
  readonly note: Note
  readonly door: Door
  readonly monitor: Monitor
  readonly meter: Meter
  readonly audit: Audit
  /** What `GET /api/relay` states. */
  readonly relay: { readonly key: string; readonly peer: string }
}

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly caller: Caller
}

export interface Api {
  /** Answers any request below `/api/`. */
  handle(pathname: string, asked: Asked): Promise<void>
}

/** Status codes of what a session is refused with; the rest is 403. */
const statusOf: Readonly<Record<string, number>> = {
  'bad-request': 400,
  'bad-challenge': 401,
  'bad-signature': 401,
  'too-many-requests': 429,
  unauthorised: 401,
}

export function makeApi(parts: ApiParts): Api {
  const { core, door, monitor, note, relay } = parts
  return {
    handle: async (pathname, asked) => {
      const { request, response, caller } = asked
      const route = `${request.method} ${pathname}`
      const waitMs = door.request(caller)
      if (waitMs > 0) return tooMany(parts, response, { what: 'requests', waitMs })
      try {
        if (route === 'GET /api/relay') sendJson(response, 200, { v: 1, ...relay })
        else if (route === 'GET /api/health') await monitor.health(request, response, caller)
        else if (route === 'POST /api/challenge') sendBytes(response, core.challenge())
        else if (route === 'POST /api/session') await session(parts, asked)
        else if (route === 'POST /api/sync') await sync(parts, asked)
        else fail(response, 404, 'not-found')
      } catch (thrown) {
        note('request-failed', { route: pathname.slice(0, 32), error: thrown instanceof Error ? thrown.name : 'unknown' })
        if (response.headersSent) response.destroy()
        else fail(response, 500, 'relay-failed')
      }
    },
  }
}

/** Says when to come back. */
export function tooMany(
  { meter }: Pick<ApiParts, 'meter'>,
  response: ServerResponse,
  { what, waitMs }: { what: string; waitMs: number },
): void {
  meter.count('throttled', what)
  response.setHeader('retry-after', Math.ceil(waitMs / 1000))
  fail(response, 429, 'too-many-requests')
}

async function session(parts: ApiParts, { request, response, caller }: Asked): Promise<void> {
  const { core, door, meter, audit } = parts
  const body = await readBody(request, maxSmallBodyBytes)
  if (!body) return fail(response, 413, 'too-large')
  const claimed = toHex(body.slice(claimedDeviceAt, claimedDeviceAt + 32))
  const waitMs = door.session(caller, claimed)
  if (waitMs > 0) return tooMany(parts, response, { what: 'sessions', waitMs })
  const opened = await core.openSession(body)
  if (!opened.ok) {
    door.failed(caller, claimed, opened.reason)
    meter.count('sessions_refused', opened.reason)
    audit.write('session-refused', { address: caller.class, detail: opened.reason })
    if (opened.reason === 'too-many-requests') return tooMany(parts, response, { what: 'sessions', waitMs: deviceSessionRefillMs })
    return fail(response, statusOf[opened.reason] ?? 403, opened.reason)
  }
  meter.count('sessions_opened')
  audit.write('session-opened', { actor: opened.value.device, address: caller.class })
  sendBytes(response, makeByteWriter().raw(opened.value.token).raw(opened.value.sequencer).done())
}

async function sync(parts: ApiParts, { request, response }: Asked): Promise<void> {
  const token = bearerOf(request)
  const body = await readBody(request, maxSyncBodyBytes)
  if (!token) return fail(response, 401, 'unauthorised')
  if (!body) return fail(response, 413, 'too-large')
  const frames = parts.core.bulk(token, body)
  if (frames === 'too-many-requests') return tooMany(parts, response, { what: 'bulk', waitMs: deviceBulkRefillMs })
  if (typeof frames === 'string') return fail(response, statusOf[frames] ?? 400, frames)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })
  await stream(frames, response)
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(value))
}

/** The error body of every route. */
export function fail(response: ServerResponse, status: number, code: string): void {
  // What is left of a body that is not read would keep the connection busy.
  response.setHeader('connection', 'close')
  sendJson(response, status, { code, detail: '' })
}

function sendBytes(response: ServerResponse, bytes: Bytes): void {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes.length, 'cache-control': 'no-store' }
  response.writeHead(200, headers).end(bytes)
}

function bearerOf({ headers }: IncomingMessage): Bytes | null {
  const token = /^Bearer ([A-Za-z0-9_-]{43})$/u.exec(headers.authorization ?? '')?.[1]
  return token === undefined ? null : parseBase64Url(token)
}

/** The whole body, or null when it is over its bound. It is taken as it came: nothing is ever inflated. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Bytes | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return null
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) return null
    chunks.push(chunk)
  }
  return copyBytes(Buffer.concat(chunks))
}

/** Reads on only as fast as the other side takes it. */
async function stream(frames: AsyncIterable<Bytes>, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.setTimeout(idleReaderMs, () => response.destroy())
  response.once('close', () => gone.abort())
  for await (const frame of frames) {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, frame.length)
    response.write(length)
    if (!response.write(frame)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
    if (gone.signal.aborted) return
  }
  response.end()
}
