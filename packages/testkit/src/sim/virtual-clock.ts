/** Time as a queue of events: it jumps from one to the next, and only when all that the last one set going has come to rest. */
import type { Clock } from '@poruch/base'

export interface VirtualClock extends Clock {
  /** Runs what comes due within `ms`, one event after another, and ends that much later. */
  advance(ms: number): Promise<void>
  /** How many events have run. */
  events(): number
}

export interface VirtualClockOptions {
  /** Resolves when no promise can go on without a further event. */
  readonly settle: () => Promise<void>
  /** Events that one schedule may take before it counts as running for ever. */
  readonly maxEvents: number
  /** When it begins; absent, on the same day in every run. */
  readonly startMs?: number
}

interface Due {
  readonly atMs: number
  readonly id: number
  run: (() => void) | null
}

/** 2023-11-14: any date does, as long as it is the same in every run. */
const firstMs = 1_700_000_000_000

export function makeVirtualClock({ settle, maxEvents, startMs = firstMs }: VirtualClockOptions): VirtualClock {
  const queue = makeQueue()
  let nowMs = startMs
  let lastId = 0
  let events = 0
  return {
    now: () => nowMs,
    events: () => events,
    after: (delayMs, run) => {
      const due: Due = { atMs: nowMs + Math.max(0, Math.ceil(delayMs)), id: ++lastId, run }
      queue.put(due)
      return () => {
        due.run = null
      }
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms
      await settle()
      for (let due = queue.take(untilMs); due; due = queue.take(untilMs)) {
        if (!due.run) continue
        nowMs = due.atMs
        if (++events > maxEvents) throw new RangeError(`more than ${maxEvents} events`)
        due.run()
        await settle()
      }
      nowMs = untilMs
    },
  }
}

/** Resolves after every promise that can go on by itself has done so: ticks come after microtasks, and need no turn of the event loop. */
export async function settleMicrotasks(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve))
}

interface Queue {
  put(due: Due): void
  /** The earliest one, when it is not later than this. */
  take(untilMs: number): Due | null
}

/** A binary heap by time, then by order of asking. */
function makeQueue(): Queue {
  const heap: Due[] = []
  const isBefore = (a: Due | undefined, b: Due | undefined): boolean =>
    a !== undefined && (b === undefined || a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id))
  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]]
    if (a && b) [heap[i], heap[j]] = [b, a]
  }
  const sink = (from: number): void => {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const least = isBefore(heap[right], heap[left]) ? right : left
      if (!isBefore(heap[least], heap[at])) return
      swap(at, least)
      at = least
    }
  }
  return {
    put: (due) => {
      heap.push(due)
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1
        if (!isBefore(heap[at], heap[parent])) return
        swap(at, parent)
        at = parent
      }
    },
    take: (untilMs) => {
      const first = heap[0]
      if (!first || first.atMs > untilMs) return null
      swap(0, heap.length - 1)
      heap.pop()
      sink(0)
      return first
    },
  }
}
