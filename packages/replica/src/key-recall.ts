/** Asks the relay for keys again when a device of another is met: a 1:1 whose keys were withheld is known to nobody but that device. */
import type { Clock, DeviceId } from '@poruch/base'
import type { HeardBeacon } from '@poruch/sync'

/** A device that was not heard for so long is met again when it is heard: it may have come and gone meanwhile. */
const absentMs = 10 * 60_000
/** All keys come again each time, so they are asked for this seldom, however many come. */
const keyRecallMs = 5 * 60_000

export interface KeyRecall {
  heard(beacon: Pick<HeardBeacon, 'device' | 'isLeaving'>): void
  close(): void
}

export function makeKeyRecall({ clock, ask }: { readonly clock: Clock; ask(): void }): KeyRecall {
  /** When each was heard last; those that have said goodbye are not here. */
  const lastHeard = new Map<DeviceId, number>()
  // A session has asked when it began.
  let askedAtMs = clock.now()
  let cancel: (() => void) | null = null
  const askLater = (): void => {
    cancel ??= clock.after(Math.max(0, askedAtMs + keyRecallMs - clock.now()), () => {
      cancel = null
      askedAtMs = clock.now()
      ask()
    })
  }
  return {
    heard: ({ device, isLeaving }) => {
      const now = clock.now()
      const isMet = now - (lastHeard.get(device) ?? Number.NEGATIVE_INFINITY) > absentMs
      if (isLeaving) lastHeard.delete(device)
      else lastHeard.set(device, now)
      if (isMet && !isLeaving) askLater()
    },
    close: () => cancel?.(),
  }
}
