/** When the relay was last known to hold all that was written on this device: the age of the copy elsewhere. */
import { systemClock } from '@poruch/base'
import type { Clock, View } from '@poruch/base'
import type { ConnectionView } from '@poruch/replica'

const storageKey = 'poruch/saved-at'
/** While it stays so, it is written down as often: a crash makes the copy look older by no more. */
const noteEveryMs = 60_000

/** True now. */
export function isSaved({ relay, unsent, steward }: ConnectionView): boolean {
  return relay.state === 'connected' && unsent === 0 && steward === null
}

/** Milliseconds since 1970; null where it never was so. */
export function savedAtMs(): number | null {
  const stored = Number(localStorage.getItem(storageKey) ?? Number.NaN)
  return Number.isSafeInteger(stored) && stored > 0 ? stored : null
}

/** Writes it down for as long as this is not ended. */
export function followSaved(connection: View<ConnectionView>, clock: Clock = systemClock): () => void {
  let cancel = (): void => undefined
  const note = (): void => {
    cancel()
    if (!isSaved(connection.read())) return
    localStorage.setItem(storageKey, String(clock.now()))
    cancel = clock.after(noteEveryMs, note)
  }
  note()
  const stop = connection.subscribe(note)
  return () => {
    stop()
    cancel()
  }
}
