/** Sees to it that the relay can introduce this peer: dials it again whenever no address through it is held. */
import type { Clock, Random } from '@poruch/base'
import { makeBackOff } from '../back-off.ts'
import { onWake } from '../wake.ts'

/** How often it is looked at while all is well; a lost relay is mostly told at once by its closed connection. */
export const watchIntervalMs = 2000
export const firstRelayRetryMs = 500
export const maxRelayRetryMs = 8000
/** A relay that is connected for so long and gives no address is hung up, and dialled afresh. */
export const idleRelayMs = 5000

export interface RelayWatchOptions {
  readonly clock: Clock
  readonly random: Random
  /** True while other peers can reach this one through the relay. */
  readonly reserved: () => boolean
  readonly connected: () => boolean
  readonly dial: () => Promise<void>
  readonly hangUp: () => void
  /** Called when the relay became able to introduce peers, or stopped to be. */
  readonly onChange: (reserved: boolean) => void
}

export interface RelayWatch {
  /** Looks at once, without waiting. */
  look(): void
  close(): void
}

export function watchRelay(options: RelayWatchOptions): RelayWatch {
  const { clock } = options
  const backOff = makeBackOff({ firstMs: firstRelayRetryMs, maxMs: maxRelayRetryMs, random: options.random })
  let known = false
  let dialling = false
  let closed = false
  let cancel = (): void => undefined
  let cancelIdle: (() => void) | null = null

  const stopIdle = (): void => {
    cancelIdle?.()
    cancelIdle = null
  }
  const settle = (): boolean => {
    const reserved = options.reserved()
    if (reserved) backOff.reset()
    if (reserved || !options.connected()) stopIdle()
    if (reserved !== known) {
      known = reserved
      options.onChange(reserved)
    }
    return reserved
  }
  const dial = (): void => {
    dialling = true
    const tried = (): void => {
      dialling = false
      again(options.connected() ? firstRelayRetryMs : backOff.next())
    }
    options.dial().then(tried, tried)
  }
  const look = (): void => {
    cancel()
    if (closed || dialling) return
    if (settle()) again(watchIntervalMs)
    else if (!options.connected()) dial()
    else {
      cancelIdle ??= clock.after(idleRelayMs, () => {
        cancelIdle = null
        options.hangUp()
      })
      again(firstRelayRetryMs)
    }
  }
  const again = (delayMs: number): void => {
    cancel()
    if (!closed) cancel = clock.after(delayMs, look)
  }
  const stopWaking = onWake(() => {
    backOff.reset()
    look()
  })
  look()
  return {
    look,
    close: () => {
      closed = true
      cancel()
      stopIdle()
      stopWaking()
    },
  }
}
