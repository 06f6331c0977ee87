/** Time and chance, as ports: the simulator and the tests bring their own. */
import type { Bytes } from './bytes.ts'

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump: show it, never order by it. */
  now(): number
  /** Calls `run` once after about `delayMs`; the returned function cancels, also when called late or twice. */
  after(delayMs: number, run: () => void): () => void
}

export interface Random {
  /** `length` bytes that nobody can guess. */
  bytes(length: number): Bytes
}

/** Timers of browsers and Node hold 31 bits of milliseconds (24.8 days); a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    let timer: unknown
    const wait = (leftMs: number): void => {
      timer = leftMs > maxTimerMs ? setTimeout(() => wait(leftMs - maxTimerMs), maxTimerMs) : setTimeout(run, leftMs)
    }
    wait(delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}
