/** Frames of one link that must be handled one after another, within a bound. */
import { makeSerial } from '@poruch/base'
import { maxInboxFrames } from '../limits.ts'

export interface Inbox<Item> {
  /** False when it is full: the item is not taken. */
  push(item: Item): boolean
  isBusy(): boolean
}

/** `handle` must not throw for what came from outside; what it throws goes to `onError`. */
export function makeInbox<Item>(handle: (item: Item) => Promise<void>, onError: (thrown: unknown) => void): Inbox<Item> {
  const serial = makeSerial()
  let count = 0
  return {
    push: (item) => {
      if (count >= maxInboxFrames) return false
      count++
      void serial
        .run(async () => handle(item))
        .catch(onError)
        .finally(() => {
          count--
        })
      return true
    },
    isBusy: () => count > 0,
  }
}
