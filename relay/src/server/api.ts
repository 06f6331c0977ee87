/** `/api`: sessions and bulk reading. See docs/PROTOCOL.md, "Relay over HTTP". */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { copyBytes, makeByteWriter, parseBase64Url } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import { makeBucket } from '../core/bucket.ts'
import type { Bucket } from '../core/bucket.ts'
import type { RelayCore } from '../core/ports.ts'
import type { Note } from './log-lines.ts'

const maxSmallBodyBytes = 1024
/** 4,096 cursors of 40 bytes and their count. */
const maxSyncBodyBytes = 2 + 4096 * 40
/** Of one address: a browser that reconnects asks three times. */
const requestBurst = 300
const requestRefillMs = 50
/** A bulk answer that nobody reads for so long is ended. */
const idleReaderMs = 60_000
/** Addresses remembered; the oldest is forgotten first. */
const maxAddresses = 10_000

export interface ApiParts {
  readonly core: RelayCore
  readonly clock: Clock
  readonly note: Note
  /** What `GET /api/relay` states. */
  readonly relay: { readonly key: string; readonly peer: string }
}

export interface Api {
  /** Answers any request below `/api/`. */
  handle(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** Status codes of what a session is refused with; the rest is 403. */
const statusOf: Readonly<Record<string, number>> = { 'bad-request': 400, 'bad-challenge': 401, 'bad-signature': 401 }

export function makeApi({ core, clock, note, relay }: ApiParts): Api {
  const buckets = new Map<string, Bucket>()
  const isTooMany = (request: IncomingMessage): boolean => {
    const address = request.socket.remoteAddress ?? ''
    const bucket = buckets.get(address) ?? makeBucket({ clock, size: requestBurst, refillMs: requestRefillMs })
    buckets.delete(address)
    buckets.set(address, bucket)
    const oldest = buckets.size > maxAddresses ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
    return !bucket.take()
  }
  const session = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, maxSmallBodyBytes)
    if (!body) return fail(response, 413, 'too-large')
    const opened = await core.openSession(body)
    if (!opened.ok) return fail(response, statusOf[opened.reason] ?? 403, opened.reason)
    sendBytes(response, makeByteWriter().raw(opened.value.token).raw(opened.value.sequencer).done())
  }
  const sync = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = bearerOf(request)
    const body = await readBody(request, maxSyncBodyBytes)
    if (!token) return fail(response, 401, 'unauthorised')
    if (!body) return fail(response, 413, 'too-large')
    const frames = core.bulk(token, body)
    if (frames === 'unauthorised') return fail(response, 401, frames)
    if (frames === 'bad-request') return fail(response, 400, frames)
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })
    await stream(frames, response)
  }
  return {
    handle: async (pathname, request, response) => {
      const route = `${request.method} ${pathname}`
      if (isTooMany(request)) return fail(response, 429, 'too-many-requests')
      try {
        if (route === 'GET /api/relay') sendJson(response, 200, { v: 1, ...relay })
        else if (route === 'POST /api/challenge') sendBytes(response, core.challenge())
        else if (route === 'POST /api/session') await session(request, response)
        else if (route === 'POST /api/sync') await sync(request, response)
        else fail(response, 404, 'not-found')
      } catch (thrown) {
        note('request-failed', { route: pathname.slice(0, 32), error: thrown instanceof Error ? thrown.name : 'unknown' })
        if (response.headersSent) response.destroy()
        else fail(response, 500, 'relay-failed')
      }
    },
  }
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

/** The whole body, or null when it is over its bound. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Bytes | null> {
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
