/** Keeps one connection to a relay: connects, and connects again with patience, as long as it is wanted. */
import { codeOf } from '@poruch/base'
import type { Clock, Random } from '@poruch/base'
import { makeBackOff } from './back-off.ts'
import type { BackOff } from './back-off.ts'
import { RelayRefusal } from './errors.ts'
import type { RelayConnection } from './relay-connection.ts'
import { onWake } from './wake.ts'

/** The first wait after a loss. */
export const firstRetryMs = 500
/** The longest wait for an unreachable relay: a restart is noticed within it. */
export const maxRetryMs = 8000
/** A relay that said no is asked again this late: its answer changes by what people do. */
export const refusedRetryMs = 30_000
/** A connection that stood this long starts the waits over. */
export const steadyAfterMs = 10_000

export type RelayState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly connection: RelayConnection }
  /** No answer; tried again after `retryInMs`. */
  | { readonly kind: 'offline'; readonly retryInMs: number }
  /** The relay, or a check of it, said no with this code; tried again after `retryInMs`. */
  | { readonly kind: 'refused'; readonly code: string; readonly retryInMs: number }

export interface KeepRelayOptions {
  readonly clock: Clock
  readonly random: Random
  /** One attempt, by `connectRelay`. */
  readonly connect: (options: { readonly signal: AbortSignal }) => Promise<RelayConnection>
  /** Each state as it is entered; not called after `close`. */
  readonly onState: (state: RelayState) => void
  /** Ends it like `close`. */
  readonly signal?: AbortSignal
}

export interface KeptRelay {
  /** Tries at once instead of waiting; a connection that stands is probed. */
  retry(): void
  close(): void
}

/** Starts at once. Also tries at once when the network comes back and when the page is looked at again. */
export function keepRelay(options: KeepRelayOptions): KeptRelay {
  const ending = new AbortController()
  const attempts = makeAttempts(options, ending.signal)
  const stopWaking = onWake(attempts.retry)
  const close = (): void => {
    ending.abort()
    attempts.stop()
    stopWaking()
    options.signal?.removeEventListener('abort', close)
  }
  options.signal?.addEventListener('abort', close)
  if (options.signal?.aborted === true) close()
  else attempts.start()
  return { retry: attempts.retry, close }
}

/** At any time there is one attempt, or one connection, or one wait for the next attempt. */
function makeAttempts({ clock, random, onState, connect }: KeepRelayOptions, ended: AbortSignal) {
  const backOff = makeBackOff({ firstMs: firstRetryMs, maxMs: maxRetryMs, random })
  let connection: RelayConnection | null = null
  let cancelWait: (() => void) | null = null

  const start = (): void => {
    cancelWait?.()
    cancelWait = null
    onState({ kind: 'connecting' })
    connect({ signal: ended }).then(stand, fail)
  }
  const fail = (thrown: unknown): void => {
    if (ended.aborted) return
    const state = stateAfter(thrown, backOff)
    cancelWait = clock.after(state.retryInMs, start)
    onState(state)
  }
  const stand = (made: RelayConnection): void => {
    if (ended.aborted) return made.close()
    connection = made
    const cancelSteady = clock.after(steadyAfterMs, backOff.reset)
    made.link.onClose((reason) => {
      connection = null
      cancelSteady()
      fail(lossOf(reason))
    })
    onState({ kind: 'connected', connection: made })
  }
  return {
    start,
    retry: (): void => {
      if (cancelWait) start()
      else connection?.probe()
    },
    stop: (): void => {
      cancelWait?.()
      cancelWait = null
      connection?.close()
    },
  }
}

function stateAfter(thrown: unknown, backOff: BackOff): RelayState & { readonly retryInMs: number } {
  const code = thrown instanceof RelayRefusal ? thrown.reason : codeOf(thrown)
  if (passingCodes.has(code)) return { kind: 'offline', retryInMs: backOff.next() }
  return { kind: 'refused', code, retryInMs: refusedRetryMs }
}

/** Faults that pass by themselves: the relay restarted between two steps of a session, and forgot the first one. */
const passingCodes: ReadonlySet<string> = new Set(['offline', 'bad-challenge', 'unauthorised'])

/** A device that was replaced by another session of itself must not fight it; every other loss is worth an early try. */
const finalReasons: ReadonlySet<string> = new Set(['newer-session', 'not-a-member', 'forbidden'])

function lossOf(reason: string): unknown {
  return finalReasons.has(reason)
    ? new RelayRefusal(reason, 'the relay closed the connection')
    : new RelayRefusal('offline', 'the connection was lost')
}
