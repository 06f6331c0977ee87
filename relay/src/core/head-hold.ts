/** Who may move a log's head next: the one who was told MOVED keeps it for a moment, so that a flood cannot starve a removal. */
import { makeEmitter } from '@poruch/base'
import type { Clock, DeviceId } from '@poruch/base'
import { headHoldMs, holdPenaltyMs, maxHeadWaiters } from './limits.ts'

export interface HeadHold {
  /** Resolves when the head is not kept for somebody else: true; false when too many wait. */
  turn(device: DeviceId): Promise<boolean>
  /** Keeps the head for the device, in the order of asking. */
  want(device: DeviceId): void
  /** The device has used its hold. */
  done(device: DeviceId): void
}

interface Holder {
  readonly device: DeviceId
  /** Null until it is at the front. */
  cancel: (() => void) | null
}

export function makeHeadHold(clock: Clock): HeadHold {
  const holders: Holder[] = []
  const penalties = new Map<DeviceId, number>()
  const changes = makeEmitter<void>()
  let waiting = 0
  const advance = (): void => {
    const front = holders[0]
    if (front && !front.cancel) front.cancel = clock.after(headHoldMs, () => expire(front))
    changes.emit()
  }
  const remove = (holder: Holder): void => {
    holder.cancel?.()
    holders.splice(holders.indexOf(holder), 1)
    advance()
  }
  const expire = (holder: Holder): void => {
    if (!holders.includes(holder)) return
    penalties.set(holder.device, clock.now() + holdPenaltyMs)
    for (const [device, until] of penalties) if (until <= clock.now()) penalties.delete(device)
    remove(holder)
  }
  const isFree = (device: DeviceId): boolean => holders.length === 0 || holders[0]?.device === device
  return {
    turn: async (device) => {
      if (isFree(device)) return true
      if (waiting >= maxHeadWaiters) return false
      waiting += 1
      while (!isFree(device)) {
        await new Promise<void>((resolve) => {
          const stop = changes.subscribe(() => {
            stop()
            resolve()
          })
        })
      }
      waiting -= 1
      return true
    },
    want: (device) => {
      if (holders.length >= maxHeadWaiters || holders.some((holder) => holder.device === device)) return
      if ((penalties.get(device) ?? 0) > clock.now()) return
      holders.push({ device, cancel: null })
      advance()
    },
    done: (device) => {
      const holder = holders.find((one) => one.device === device)
      if (holder) remove(holder)
    },
  }
}
