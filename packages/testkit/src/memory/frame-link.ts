/** Two ends of a FrameLink in memory: ordered, answering later, lossy only by closing. */
import { copyBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'

export interface LinkPair {
  readonly left: FrameLink
  readonly right: FrameLink
  /** Frames on their way in both directions. */
  inFlight(): number
  /** Holds everything back until `release`, as a slow network does. */
  hold(): void
  release(): void
}

interface End {
  readonly link: FrameLink
  deliver(frame: Bytes): void
  end(reason: string): void
}

export function makeLinkPair(options: { readonly maxBufferedBytes?: number } = {}): LinkPair {
  const { maxBufferedBytes = 16 * 1024 * 1024 } = options
  const queue: (() => void)[] = []
  let isHeld = false
  let isClosed = false
  const step = (): void => {
    if (!isHeld) queue.shift()?.()
  }
  const later = (run: () => void): void => {
    queue.push(run)
    if (!isHeld) queueMicrotask(step)
  }
  const close = (reason: string): void => {
    if (isClosed) return
    isClosed = true
    queue.length = 0
    left.end(reason)
    right.end(reason)
  }
  const makeEnd = (other: () => End): End => {
    let bufferedBytes = 0
    let closedBy: string | null = null
    const frames = new Set<(frame: Bytes) => void>()
    const closers = new Set<(reason: string) => void>()
    return {
      deliver: (frame) => {
        for (const listener of frames) listener(frame)
      },
      end: (reason) => {
        closedBy = reason
        for (const closer of closers) closer(reason)
        closers.clear()
        frames.clear()
      },
      link: {
        send: (frame) => {
          if (isClosed || bufferedBytes + frame.length > maxBufferedBytes) return false
          const copy = copyBytes(frame)
          bufferedBytes += copy.length
          later(() => {
            bufferedBytes -= copy.length
            other().deliver(copy)
          })
          return true
        },
        bufferedBytes: () => bufferedBytes,
        onFrame: (listener) => {
          frames.add(listener)
          return () => frames.delete(listener)
        },
        onClose: (listener) => {
          if (closedBy === null) closers.add(listener)
          else listener(closedBy)
          return () => closers.delete(listener)
        },
        close,
      },
    }
  }
  const left: End = makeEnd(() => right)
  const right: End = makeEnd(() => left)
  return {
    left: left.link,
    right: right.link,
    inFlight: () => queue.length,
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      for (let count = queue.length; count > 0; count--) queueMicrotask(step)
    },
  }
}
