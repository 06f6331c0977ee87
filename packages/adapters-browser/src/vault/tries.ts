/** How often a passphrase may be guessed on this device: counted on the disk before each guess, so that no restart starts over. */
import type { Clock } from '@poruch/base'
import { durable, inDatabase, settle } from '../database.ts'
import type { Database } from '../database.ts'
import { AdapterError } from '../errors.ts'

/** Slips of the finger that cost nothing. */
export const freeUnlockTries = 3
/** What is waited after the third wrong guess in a row; each one more doubles it. */
export const firstUnlockWaitMs = 1_000
/** A person who remembers waits no longer than that; 288 guesses a day. */
export const maxUnlockWaitMs = 300_000

export interface TriesState {
  readonly failures: number
  readonly notBeforeMs: number
}

export interface Tries {
  /** When the next guess is taken, on this clock; at most {@link maxUnlockWaitMs} away, wherever the clock was set. */
  retryAtMs(): Promise<number>
  /** @throws AdapterError `too-many-tries` before its time, `wrong-passphrase` when the guess answers null */
  guess<T>(guess: () => Promise<T | null>): Promise<T>
}

/** What must pass after so many wrong guesses in a row. */
export function unlockWaitMs(failures: number): number {
  return failures < freeUnlockTries ? 0 : Math.min(maxUnlockWaitMs, firstUnlockWaitMs * 2 ** (failures - freeUnlockTries))
}

export function makeTries(database: Database, clock: Clock): Tries {
  const read = async (): Promise<TriesState> =>
    inDatabase(database, async (connection) => (await connection.get('vault', 'tries')) as TriesState | undefined).then(
      (state) => state ?? { failures: 0, notBeforeMs: 0 },
    )
  const write = async (state: TriesState): Promise<void> =>
    inDatabase(database, async (connection) => {
      const transaction = connection.transaction('vault', 'readwrite', durable)
      await settle(transaction, () => [transaction.store.put(state, 'tries')])
    })
  const waitMs = ({ failures, notBeforeMs }: TriesState): number => Math.max(0, Math.min(notBeforeMs - clock.now(), unlockWaitMs(failures)))
  return {
    retryAtMs: async () => clock.now() + waitMs(await read()),
    guess: async (guess) => {
      const before = await read()
      const leftMs = waitMs(before)
      if (leftMs > 0) throw new AdapterError('too-many-tries', `the next guess is taken in ${leftMs} ms`)
      const failures = before.failures + 1
      await write({ failures, notBeforeMs: clock.now() + unlockWaitMs(failures) })
      const found = await guess()
      if (found === null) throw new AdapterError('wrong-passphrase', `${failures} in a row`)
      await write({ failures: 0, notBeforeMs: 0 })
      return found
    },
  }
}
