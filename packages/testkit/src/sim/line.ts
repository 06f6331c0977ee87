/** One link through the simulated network: two ends, frames under way, and what the weather does to them. */
import { copyBytes } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import type { Chance } from './chance.ts'

/** What the network is like at the moment; all lines of a world look at the same one. */
export interface Weather {
  minDelayMs: number
  maxDelayMs: number
  /** Of frames that may come twice in a real system. */
  duplicates: number
  /** An adversary within the links: drops and reorders with these probabilities, which no honest link does. */
  drops: number
  swaps: number
}

export interface LineOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly weather: Weather
  /** Hears each frame as it arrives. */
  readonly onFrame: (to: Side, frame: Bytes) => void
  /** False for a frame that this end refuses to hear: a patched client that does not want to know. */
  readonly hears?: (to: Side, frame: Bytes) => boolean
}

export type Side = 'left' | 'right'

export interface Line {
  readonly left: FrameLink
  readonly right: FrameLink
  readonly ended: boolean
  /** The path is gone: nothing arrives any more, and each end that still lives notices after a while. `deaf` has crashed. */
  lose(deaf?: Side): void
  /** A frame that the other end never sent. */
  inject(to: Side, frame: Bytes): void
}

/** ENTRY, ORDERED and KEY: what relay, bulk and peers may each deliver. */
const repeatable: ReadonlySet<number> = new Set([7, 17, 20])
/** A lost path is noticed within this time. */
const maxNoticeMs = 3000
/** As in the browser: above it `send` says no. */
const maxBufferedBytes = 4 * 1024 * 1024

interface End {
  readonly link: FrameLink
  deliver(frame: Bytes): void
  end(reason: string): void
  silence(): void
}

export function makeLine(options: LineOptions): Line {
  const { clock, chance, weather } = options
  const state = { lost: false, ended: false }
  const arrivals: Record<Side, number> = { left: 0, right: 0 }
  /** In order, unless an adversary swaps. */
  const arrive = (to: Side, run: () => void, swapped = false): void => {
    const at = clock.now() + chance.between(weather.minDelayMs, weather.maxDelayMs)
    const inOrder = Math.max(at, arrivals[to])
    if (!swapped) arrivals[to] = inOrder
    clock.after((swapped ? at + weather.maxDelayMs : inOrder) - clock.now(), () => {
      if (!state.lost) run()
    })
  }
  const carry = (to: Side, frame: Bytes, arrived: () => void): void => {
    const run = (): void => {
      arrived()
      if (options.hears?.(to, frame) === false) return
      options.onFrame(to, frame)
      ends[to].deliver(frame)
    }
    if (chance.flip(weather.drops)) return arrived()
    arrive(to, run, chance.flip(weather.swaps))
    if (repeatable.has(frame[0] ?? 0) && chance.flip(weather.duplicates)) arrive(to, run)
  }
  const makeEnd = (to: Side): End =>
    makeLineEnd({
      send: (frame, arrived) => {
        carry(to, frame, arrived)
      },
      close: (reason) => {
        state.ended = true
        arrive(to, () => {
          ends[to].end(reason)
        })
      },
    })
  const ends: Record<Side, End> = { left: makeEnd('right'), right: makeEnd('left') }
  return {
    left: ends.left.link,
    right: ends.right.link,
    get ended() {
      return state.ended
    },
    lose: (deaf) => {
      if (state.lost) return
      state.lost = true
      state.ended = true
      if (deaf) ends[deaf].silence()
      for (const side of ['left', 'right'] as const) {
        clock.after(chance.below(maxNoticeMs), () => {
          ends[side].end('offline')
        })
      }
    },
    inject: (to, frame) => {
      carry(to, frame, () => undefined)
    },
  }
}

interface Carrier {
  send(frame: Bytes, arrived: () => void): void
  close(reason: string): void
}

function makeLineEnd(carrier: Carrier): End {
  let bufferedBytes = 0
  let closedBy: string | null = null
  let isSilent = false
  let early: Bytes[] = []
  const frames = new Set<(frame: Bytes) => void>()
  const closers = new Set<(reason: string) => void>()
  const end = (reason: string): boolean => {
    if (closedBy !== null) return false
    closedBy = reason
    const listeners = isSilent ? [] : [...closers]
    closers.clear()
    frames.clear()
    for (const closer of listeners) closer(reason)
    return true
  }
  return {
    deliver: (frame) => {
      if (closedBy !== null || isSilent) return
      if (frames.size === 0) early.push(frame)
      frames.forEach((listener) => listener(frame))
    },
    end: (reason) => void end(reason),
    silence: () => {
      isSilent = true
    },
    link: {
      send: (frame) => {
        if (closedBy !== null || isSilent || bufferedBytes + frame.length > maxBufferedBytes) return false
        const copy = copyBytes(frame)
        bufferedBytes += copy.length
        carrier.send(copy, () => {
          bufferedBytes = Math.max(0, bufferedBytes - copy.length)
        })
        return true
      },
      bufferedBytes: () => bufferedBytes,
      onFrame: (listener) => {
        frames.add(listener)
        const waiting = early
        early = []
        if (waiting.length > 0) queueMicrotask(() => waiting.forEach(listener))
        return () => frames.delete(listener)
      },
      onClose: (listener) => {
        if (closedBy === null) closers.add(listener)
        else queueMicrotask(() => listener(closedBy ?? ''))
        return () => closers.delete(listener)
      },
      close: (reason) => {
        if (end(reason)) carrier.close(reason)
      },
    },
  }
}
