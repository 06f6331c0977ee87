/** Waits for what happens in other processes: with a bound, and a name for what did not come. */
import { setTimeout as delay } from 'node:timers/promises'

/** Nothing on a loaded machine takes longer. */
const maxWaitMs = 60_000
/** Between two looks. */
const lookMs = 10

export { delay }

/** @throws Error when it does not come within a minute */
export async function until(what: string, check: () => boolean): Promise<void> {
  await untilAsync(what, async () => Promise.resolve(check()))
}

/** As `until`, for what cannot be seen at once. */
export async function untilAsync(what: string, check: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + maxWaitMs
  while (!(await check())) {
    if (performance.now() > endMs) throw new Error(`not within ${maxWaitMs} ms: ${what}`)
    await delay(lookMs)
  }
}
