/** Asks the relay over HTTP, and turns what can go wrong into codes. */
import { concatBytes, parseUtf8 } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import { AdapterError, RelayRefusal } from './errors.ts'

/** A relay that lets a request wait longer is taken for unreachable. */
export const requestTimeoutMs = 10_000
const maxErrorBodyBytes = 4096 // the relay's errors are a code and a sentence
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
      // A session's proof and token are for the relay that was named, not for whom it names.
      redirect: 'error',
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
  const body = await readBounded(response, maxErrorBodyBytes).catch(() => null)
  return (body && parseCode(parseUtf8(body) ?? '')) ?? `http-${response.status}`
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
  const bytes = await readBounded(response, sizeBytes)
  if (bytes?.length !== sizeBytes) throw new AdapterError('bad-answer', `${bytes?.length ?? 'more'} bytes instead of ${sizeBytes}`)
  return bytes
}

/** The whole answer, or null as soon as it is longer than that: what is left is not read. @throws AdapterError `offline` */
export async function readBounded(response: Response, maxBytes: number): Promise<Bytes | null> {
  const reader = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for (;;) {
      const chunk = await reader?.read()
      if (!chunk || chunk.done) return concatBytes(...chunks)
      sizeBytes += chunk.value.length
      if (sizeBytes > maxBytes) return null
      chunks.push(chunk.value)
    }
  } catch (thrown) {
    throw new AdapterError('offline', 'the answer broke off', { cause: thrown })
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
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
