/** Catch-up in bulk: one request for many topics, the answer as a stream of frames. */
import { concatBytes, emptyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { BulkReader } from '@poruch/sync'
import { maxFrameSizeBytes, SyncError } from '@poruch/sync/wire'
import { AdapterError } from './errors.ts'
import { askRelay } from './relay-http.ts'

const lengthSizeBytes = 4

export interface BulkOptions {
  readonly origin: string
  token(): string
  /** A new token after the present one ran out. @throws AdapterError | RelayRefusal */
  renew(options: { readonly signal: AbortSignal }): Promise<string>
}

/** `sync` @throws SyncError `offline` | `unauthorised`; AdapterError `bad-answer`; RelayRefusal */
export function makeBulkReader(options: BulkOptions): BulkReader {
  const post = (body: Bytes, bearer: string, signal: AbortSignal): Promise<Response> =>
    askRelay({ url: `${options.origin}/api/sync`, body, bearer, signal })
  return {
    sync: async (request, onFrame, { signal }) => {
      try {
        const response = await post(request, options.token(), signal).catch(async (thrown: unknown) => {
          if (!(thrown instanceof AdapterError) || thrown.code !== 'unauthorised') throw thrown
          return post(request, await options.renew({ signal }), signal)
        })
        await readFrames(response, onFrame)
      } catch (thrown) {
        throw asSyncError(thrown)
      }
    },
  }
}

/** The codes that the port names, as the errors that it names. */
function asSyncError(thrown: unknown): unknown {
  if (!(thrown instanceof AdapterError)) return thrown
  const { code } = thrown
  return code === 'offline' || code === 'unauthorised' ? new SyncError(code, 'no bulk from the relay', { cause: thrown }) : thrown
}

/** Reads no further than the frames that were handed on: whoever takes them slowly slows the relay. */
async function readFrames(response: Response, onFrame: (frame: Bytes) => Promise<void>): Promise<void> {
  const reader = response.body?.getReader()
  let left: Bytes = emptyBytes
  try {
    for (;;) {
      const chunk = await reader?.read().catch((thrown: unknown) => {
        throw new AdapterError('offline', 'the stream broke off', { cause: thrown })
      })
      if (!chunk || chunk.done) break
      const cut = cutFrames(concatBytes(left, chunk.value))
      for (const frame of cut.frames) await onFrame(frame)
      left = cut.left
    }
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
  if (left.length > 0) throw new AdapterError('offline', `the stream ended within a frame, ${left.length} bytes of it were there`)
}

/** The whole frames at the beginning, each without its u32 length. @throws AdapterError `bad-answer` */
function cutFrames(bytes: Bytes): { readonly frames: readonly Bytes[]; readonly left: Bytes } {
  const frames: Bytes[] = []
  const view = new DataView(bytes.buffer)
  let offset = 0
  while (bytes.length - offset >= lengthSizeBytes) {
    const length = view.getUint32(offset)
    if (length === 0 || length > maxFrameSizeBytes) throw new AdapterError('bad-answer', `a frame of ${length} bytes`)
    if (bytes.length - offset - lengthSizeBytes < length) break
    offset += lengthSizeBytes
    frames.push(bytes.slice(offset, offset + length))
    offset += length
  }
  return { frames, left: bytes.slice(offset) }
}
