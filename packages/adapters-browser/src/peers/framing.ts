/** Frames over one libp2p stream: length-prefixed, bounded both ways, written no faster than the other side reads. */
import type { Stream } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { concatBytes, copyBytes } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { maxFrameSizeBytes } from '@poruch/sync/wire'
import { encode as encodeVarint } from 'uint8-varint'
import { carryLink } from '../frame-link.ts'

/** Written at once; a data channel carries 64 KiB well. */
const chunkBytes = 64 * 1024
/** A peer that takes nothing for this long is cut off. */
export const drainTimeoutMs = 30_000
/** Frames come when people write: silence is no fault, the connection's own pings tell a dead peer. */
const neverMs = 2 ** 31 - 1

/** The link ends with the stream, and the stream with the link. */
export function frameStream(stream: Stream, options: { readonly clock: Clock }): FrameLink {
  stream.inactivityTimeout = neverMs
  const writer = makeWriter(stream, options.clock, (reason) => {
    carried.ended(reason)
    stream.abort(new Error(reason))
  })
  const carried = carryLink({
    send: writer.write,
    bufferedBytes: writer.bufferedBytes,
    close: (reason) => {
      stream.abort(new Error(reason))
    },
  })
  const decoder = new LengthPrefixedDecoder({ maxDataLength: maxFrameSizeBytes, maxBufferSize: 2 * maxFrameSizeBytes })
  stream.addEventListener('message', ({ data }) => {
    try {
      for (const frame of decoder.decode(data)) carried.deliver(copyBytes(frame.subarray()))
    } catch {
      carried.ended('bad-frame')
      stream.abort(new Error('bad-frame'))
    }
  })
  const closed = (): void => {
    carried.ended('closed')
  }
  stream.addEventListener('close', closed)
  stream.addEventListener('remoteCloseWrite', () => {
    carried.ended('closed')
    stream.abort(new Error('closed'))
  })
  if (stream.status !== 'open') queueMicrotask(closed)
  return carried.link
}

function makeWriter(stream: Stream, clock: Clock, fail: (reason: string) => void) {
  const queue: Bytes[] = []
  let queuedBytes = 0
  let writing = false

  const writeChunk = async (chunk: Uint8Array): Promise<void> => {
    if (stream.writableNeedsDrain) {
      const late = new AbortController()
      const cancel = clock.after(drainTimeoutMs, () => {
        late.abort()
      })
      await stream.onDrain({ signal: late.signal }).finally(cancel)
    }
    stream.send(chunk)
  }
  const pump = async (): Promise<void> => {
    writing = true
    for (let frame = queue.shift(); frame; frame = queue.shift()) {
      for (let offset = 0; offset < frame.length; offset += chunkBytes) {
        await writeChunk(frame.subarray(offset, offset + chunkBytes))
      }
      queuedBytes -= frame.length
    }
    writing = false
  }
  return {
    bufferedBytes: () => queuedBytes,
    write: (frame: Bytes): void => {
      const prefixed = concatBytes(encodeVarint(frame.length), frame)
      queue.push(prefixed)
      queuedBytes += prefixed.length
      if (!writing) {
        pump().catch(() => {
          fail('too-slow')
        })
      }
    },
  }
}
