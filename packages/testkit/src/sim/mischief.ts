/** Where a malicious relay sits: between its core and the lines, on every frame either way. */
import type { Bytes, Clock } from '@poruch/base'

/** The frames that pass in the place of one, each after a wait. */
export type Passing = readonly { readonly frame: Bytes; readonly afterMs: number }[]

export interface Mischief {
  /** From the core to the device of this name. */
  down: (to: string, frame: Bytes) => Passing
  /** From the device of this name to the core. */
  up: (from: string, frame: Bytes) => Passing
}

const honest = (_: string, frame: Bytes): Passing => [{ frame, afterMs: 0 }]

export function noMischief(): Mischief {
  return { down: honest, up: honest }
}

/** Sends at once what shall leave at once; true when all of that was taken. */
export function pass(clock: Clock, passing: Passing, send: (frame: Bytes) => boolean): boolean {
  let taken = true
  for (const { frame, afterMs } of passing) {
    if (afterMs > 0) clock.after(afterMs, () => void send(frame))
    else taken = send(frame) && taken
  }
  return taken
}
