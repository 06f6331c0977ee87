/** The bookkeeping of a FrameLink, whatever carries its frames: bounds, early frames, and closing once. */
import { makeEmitter } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { maxFrameSizeBytes } from '@poruch/sync/wire'
import { AdapterError } from './errors.ts'

/** Bytes accepted and not yet on the wire before `send` says no: four whole frames. */
export const maxBufferedBytes = 4 * maxFrameSizeBytes
/** Frames may arrive before anyone listens; more than two whole frames are not kept. */
export const maxEarlyBytes = 2 * maxFrameSizeBytes

export interface Carrier {
  send(frame: Bytes): void
  bufferedBytes(): number
  close(reason: string): void
}

export interface CarriedLink {
  readonly link: FrameLink
  /** A frame came in. */
  deliver(frame: Bytes): void
  /** The carrier ended; a second call does nothing. */
  ended(reason: string): void
}

/** `send` @throws AdapterError `frame-too-large`, which is an error of the caller */
export function carryLink(carrier: Carrier): CarriedLink {
  const closing = makeClosing()
  const inbox = makeInbox(() => close('frames-unread'))
  const close = (reason: string): void => {
    if (closing.end(reason)) carrier.close(reason)
  }
  return {
    link: {
      send: (frame) => {
        if (frame.length > maxFrameSizeBytes) throw new AdapterError('frame-too-large', `${frame.length} bytes`)
        if (closing.ended() || carrier.bufferedBytes() + frame.length > maxBufferedBytes) return false
        carrier.send(frame)
        return true
      },
      bufferedBytes: () => (closing.ended() ? 0 : carrier.bufferedBytes()),
      onFrame: inbox.listen,
      onClose: closing.listen,
      close,
    },
    deliver: (frame) => {
      if (!closing.ended()) inbox.put(frame)
    },
    ended: (reason) => {
      closing.end(reason)
    },
  }
}

function makeClosing() {
  const closed = makeEmitter<string>()
  let reason: string | null = null
  return {
    ended: () => reason !== null,
    /** True the first time. */
    end: (why: string): boolean => {
      if (reason !== null) return false
      reason = why
      closed.emit(why)
      return true
    },
    listen: (listener: (reason: string) => void): (() => void) => {
      if (reason === null) return closed.subscribe(listener)
      let wanted = true
      const why = reason
      queueMicrotask(() => {
        if (wanted) listener(why)
      })
      return () => {
        wanted = false
      }
    },
  }
}

/** Keeps what comes before the first listener, and hands it on in order. */
function makeInbox(overflow: () => void) {
  const frames = makeEmitter<Bytes>()
  let early: Bytes[] = []
  let earlyBytes = 0
  let listened = false
  const flush = (): void => {
    const waiting = early
    early = []
    for (const frame of waiting) frames.emit(frame)
  }
  return {
    put: (frame: Bytes): void => {
      if (listened && early.length === 0) {
        frames.emit(frame)
        return
      }
      early.push(frame)
      earlyBytes += frame.length
      if (!listened && earlyBytes > maxEarlyBytes) {
        early = []
        overflow()
      }
    },
    listen: (listener: (frame: Bytes) => void): (() => void) => {
      const unsubscribe = frames.subscribe(listener)
      if (!listened) queueMicrotask(flush)
      listened = true
      return unsubscribe
    },
  }
}
