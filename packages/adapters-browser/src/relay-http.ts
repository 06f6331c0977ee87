/** Asks the relay over HTTP, and turns what can go wrong into codes. */
import type { Bytes, Clock } from '@poruch/base'
import { AdapterError, RelayRefusal } from './errors.ts'

/** A relay that lets a request wait longer is taken for unreachable. */
export const requestTimeoutMs = 10_000
const maxErrorBodyLength = 4096 // characters; the relay's errors are a code and a sentence
const maxCodeLength = 64
const statusUnauthorised = 401
const statusTooMany = 429
const statusServerFault = 500

export interface RelayRequest {
  readonly url: string
  readonly body?: Bytes
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: string
  readonly signal: AbortSignal
}

/**
 * The answer, when it is a good one.
 * @throws AdapterError `offline` without an answer or when the relay is overloaded, `unauthorised` at 401; RelayRefusal when it says no
 */
export async function askRelay(request: RelayRequest): Promise<Response> {
  const { url, body, bearer, signal } = request
  let response: Response
  try {
    response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'content-type': 'application/octet-stream' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      ...(body && { body }),
      cache: 'no-store',
      credentials: 'omit',
      signal,
    })
  } catch (thrown) {
    throw new AdapterError('offline', 'the relay gives no answer', { cause: thrown })
  }
  if (response.ok) return response
  const reason = await readReason(response)
  if (response.status === statusUnauthorised && bearer !== undefined) throw new AdapterError('unauthorised', `the relay answers ${reason}`)
  if (response.status === statusTooMany || response.status >= statusServerFault) {
    throw new AdapterError('offline', `the relay answers ${response.status} ${reason}`)
  }
  throw new RelayRefusal(reason, `the relay answers ${response.status}`)
}

async function readReason(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  return (text.length <= maxErrorBodyLength ? parseCode(text) : null) ?? `http-${response.status}`
}

function parseCode(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('code' in body)) return null
    return typeof body.code === 'string' && body.code.length > 0 && body.code.length <= maxCodeLength ? body.code : null
  } catch {
    return null
  }
}

/** The whole answer, if it has exactly that size. @throws AdapterError `bad-answer` | `offline` */
export async function readAnswer(response: Response, sizeBytes: number): Promise<Bytes> {
  const bytes = await response.arrayBuffer().catch((thrown: unknown) => {
    throw new AdapterError('offline', 'the answer broke off', { cause: thrown })
  })
  if (bytes.byteLength !== sizeBytes) throw new AdapterError('bad-answer', `${bytes.byteLength} bytes instead of ${sizeBytes}`)
  return new Uint8Array(bytes)
}

/** Runs the work with a signal that aborts with the given one, and after `timeoutMs`. */
export async function withTimeout<T>(
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancel = options.clock.after(options.timeoutMs, () => {
    late.abort(new AdapterError('offline', `no answer within ${options.timeoutMs} ms`))
  })
  try {
    return await work(AbortSignal.any([options.signal, late.signal]))
  } finally {
    cancel()
  }
}
