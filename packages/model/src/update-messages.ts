/** Reads the messages out of an update that no document holds: what a cut voids, and an admin looks at. */
import type { DeviceId } from '@poruch/base'
import * as Y from 'yjs'
import { chatKinds, parseChatTuple } from './chat-tuples.ts'
import { updateMaxBytes } from './yjs-guard.ts'

export interface UpdateMessage {
  readonly id: string
  readonly text: string
  /** The author's clock in milliseconds. */
  readonly wallTime: number
}

/** The messages that the update of this device would append, in its order; what cannot be read is left out. Never throws. */
export function messagesInUpdate(update: Uint8Array, device: DeviceId): readonly UpdateMessage[] {
  return tuplesInUpdate(update).flatMap((value) => {
    const tuple = parseChatTuple(value, device)
    return tuple?.[0] === chatKinds.message ? [{ id: tuple[1], text: tuple[5], wallTime: tuple[4] }] : []
  })
}

/** The plain values that an update appends, whatever they are. Never throws. */
export function tuplesInUpdate(update: Uint8Array): readonly unknown[] {
  if (update.length > updateMaxBytes) return []
  try {
    const { structs } = Y.decodeUpdate(update)
    return structs.flatMap((struct) =>
      'content' in struct && struct.content instanceof Y.ContentAny ? (struct.content.arr as unknown[]) : [],
    )
  } catch {
    return []
  }
}
