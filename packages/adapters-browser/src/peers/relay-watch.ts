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
  const notice = makeNotice(options)
  let dialling = false
  let closed = false
  let cancel = (): void => undefined

  const tried = (): void => {
    dialling = false
    again(options.connected() ? firstRelayRetryMs : backOff.next())
  }
  const look = (): void => {
    cancel()
    if (closed || dialling) return
    if (notice.look()) {
      backOff.reset()
      again(watchIntervalMs)
    } else if (options.connected()) again(firstRelayRetryMs)
    else {
      dialling = true
      options.dial().then(tried, tried)
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
      notice.close()
      stopWaking()
    },
  }
}

/** Tells changes, and hangs up a relay that stays connected without an address. */
function makeNotice(options: RelayWatchOptions) {
  let known = false
  let cancelIdle: (() => void) | null = null
  const stopIdle = (): void => {
    cancelIdle?.()
    cancelIdle = null
  }
  const giveUp = (): void => {
    cancelIdle = null
    options.hangUp()
  }
  return {
    close: stopIdle,
    /** True when peers can reach this one. */
    look: (): boolean => {
      const reserved = options.reserved()
      if (reserved || !options.connected()) stopIdle()
      else cancelIdle ??= options.clock.after(idleRelayMs, giveUp)
      if (reserved !== known) {
        known = reserved
        options.onChange(reserved)
      }
      return reserved
    },
  }
}
