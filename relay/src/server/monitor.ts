/** `/api/health` and `/metrics`: for whoever watches over the relay. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { codeOf } from '@poruch/base'
import type { Clock } from '@poruch/base'
import type { Caller } from './addresses.ts'
import type { Metrics } from './metrics.ts'

/** The database is tried by a write at most so often, however often somebody asks. */
const probeLifeMs = 5_000

export interface MonitorParts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly version: string
  /** Lets a watcher of another machine in; null: none is. */
  readonly token: string | null
  readonly probe: () => Promise<void>
  readonly counts: () => Promise<{ readonly scopes: number; readonly topics: number }>
}

export interface Monitor {
  health(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void>
  /** False when the caller may not see it: the answer is that of an absent page. */
  metrics(request: IncomingMessage, response: ServerResponse, caller: Caller): boolean
}

export function makeMonitor(parts: MonitorParts): Monitor {
  const { clock, metrics, version, token } = parts
  const startedMs = clock.now()
  const database = makeProbe(parts)
  const isWatcher = ({ headers }: IncomingMessage, caller: Caller): boolean => {
    if (token !== null && isBearer(headers.authorization, token)) return true
    // A page of the web whose name was pointed at this machine is local too, but it does not call it so.
    return caller.isLocal && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu.test(headers.host ?? '')
  }
  return {
    health: async (request, response, caller) => {
      const state = await database()
      const heads = isWatcher(request, caller) && state === 'writable' ? { heads: await parts.counts() } : {}
      const uptimeSeconds = Math.max(0, Math.round((clock.now() - startedMs) / 1000))
      const ok = state === 'writable'
      send(response, {
        status: ok ? 200 : 503,
        type: 'application/json',
        body: JSON.stringify({ ok, database: state, uptimeSeconds, version, ...heads }),
      })
    },
    metrics: (request, response, caller) => {
      if (!isWatcher(request, caller)) return false
      send(response, { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.text() })
      return true
    },
  }
}

/** `writable`, or the code of what went wrong. */
function makeProbe({ clock, probe }: MonitorParts): () => Promise<string> {
  let last: { readonly atMs: number; readonly state: Promise<string> } | null = null
  return async () => {
    if (!last || Math.abs(clock.now() - last.atMs) >= probeLifeMs)
      last = { atMs: clock.now(), state: probe().then(() => 'writable', codeOf) }
    return last.state
  }
}

function send(response: ServerResponse, { status, type, body }: { status: number; type: string; body: string }): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

/** Compares hashes, so that the time taken says nothing. */
function isBearer(header: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`))
}
