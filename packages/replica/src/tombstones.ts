/** What stands in the place of messages whose content was erased. */
import type { DeviceId } from '@poruch/base'
import type { ChatMessage } from '@poruch/model'
import type { ErasedPlace } from './documents.ts'

export interface ShownMessage extends ChatMessage {
  /** Whose device erased it; null where that is not known. */
  readonly eraser?: DeviceId | null
}

/** The messages that are not deleted, with a tombstone for each that was erased; `erased` in order of lamport number and device. */
export function withTombstones(messages: readonly ChatMessage[], erased: readonly ErasedPlace[]): readonly ShownMessage[] {
  const shown: ShownMessage[] = []
  let next = 0
  const take = (isDue: (place: ErasedPlace) => boolean, wallTime: number): void => {
    for (let place = erased[next]; place && isDue(place); place = erased[++next]) shown.push(...tombstonesOf(place, wallTime))
  }
  for (const message of messages) {
    // A clock that nobody knows any more: that of the message beside it.
    take((place) => isBefore(place, message), shown.at(-1)?.wallTime ?? message.wallTime)
    if (!message.deleted) shown.push(message)
  }
  take(() => true, shown.at(-1)?.wallTime ?? 0)
  return shown
}

function isBefore(place: ErasedPlace, message: ChatMessage): boolean {
  return place.lamport < message.lamport || (place.lamport === message.lamport && place.device < message.device)
}

function tombstonesOf({ device, seq, lamport, count, eraser }: ErasedPlace, wallTime: number): ShownMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${device}|erased/${seq}/${index}`
    return { id, device, lamport, wallTime, text: '', edited: false, deleted: false, eraser }
  })
}
