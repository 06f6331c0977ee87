/** Opens new epochs and generations: where an epoch is due, whoever can does, after a wait that differs, so that seldom two do; and with time. */
import type { MemberDevice } from './member-device.ts'
import { collections, jsonBytes, readJson } from './records.ts'

/** The longest of the waits. */
const spreadMs = 3000
/** After a refusal; without a session the next one looks by itself. */
const retryMs = 30_000
/** How old the newest epoch and the own per-user key become; design/security.md. */
const maxKeyAgeMs = 30 * 24 * 60 * 60_000
/** How often the age is looked at: a timer of 30 days does not survive what a laptop does. */
const ageCheckMs = 60 * 60_000

export interface Rotation {
  /** The log or the session has changed. */
  look(): void
  close(): void
}

export function makeRotation({ ports, account, log, membership, ownDevices, requests }: MemberDevice): Rotation {
  let cancel = (): void => {}
  let cancelAge = (): void => {}
  let isClosed = false
  const failed = (thrown: unknown): void => ports.log?.('not-rotated', { error: String(thrown) })
  const rotate = (): void => {
    membership.rotate().catch((thrown: unknown) => {
      failed(thrown)
      // A relay whose log was brought back orders nothing for a while, and nothing else may ever happen.
      cancel()
      if (!isClosed) cancel = ports.clock.after(retryMs, look)
    })
  }
  const look = (): void => {
    cancel()
    if (!log.fold.epochDue() || !log.fold.member(account.user)) return
    cancel = ports.clock.after(((ports.random.bytes(1)[0] ?? 0) / 256) * spreadMs, rotate)
  }
  const checkAges = async (): Promise<void> => {
    const self = log.fold.member(account.user)
    const newest = log.fold.epochs().at(-1)
    if (!self || !newest || !requests.connected) return
    if (await isOld('puk', self.puk.gen)) await ownDevices.renew(self.puk.gen)
    else if (await isOld('epoch', newest.gen)) await membership.rotate(newest.gen)
  }
  /** Whether this generation has been known here for too long; one that is new is noted. */
  const isOld = async (key: string, gen: number): Promise<boolean> => {
    const known = (await readJson(ports.store, collections.since, key)) as { gen: number; atMs: number } | null
    if (known?.gen === gen) return ports.clock.now() - known.atMs >= maxKeyAgeMs
    await ports.store.putRecords([{ collection: collections.since, key, value: jsonBytes({ gen, atMs: ports.clock.now() }) }])
    return false
  }
  const watchAge = (): void => {
    checkAges().catch(failed)
    cancelAge = ports.clock.after(ageCheckMs, watchAge)
  }
  watchAge()
  return {
    look,
    close: () => {
      isClosed = true
      cancel()
      cancelAge()
    },
  }
}
