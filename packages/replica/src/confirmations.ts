/** Since when others have not confirmed what is known here: kept over restarts, and told when it is too long. */
import type { UserId } from '@poruch/base'
import type { MemberDevice } from './member-device.ts'
import { collections, jsonBytes, readJson } from './records.ts'

export interface Confirmations {
  /** A user knows nothing that is not here, and had heard what was said at that moment. */
  add(user: UserId, atMs: number): void
  /** So much time by the relay has passed without. `isExpected`: somebody is there who has not said goodbye. */
  count(elapsedMs: number, options: { readonly isExpected: boolean; readonly periodMs: number }): void
  /** Another tab has written down what it heard. */
  refresh(): Promise<void>
  /** See `ConnectionView.staleSinceMs`. */
  staleSinceMs(): number | null
  /** All members but the own user; empty for who is none. */
  others(): readonly UserId[]
}

/** No confirmation for so long, by the relay alone, is told where somebody should be there: five beacons. */
const staleAfterMs = 5 * 60_000
/** The same where the period is longer. */
const stalePeriods = 3
/** The same where everybody has said goodbye: a working day by the word of the relay alone. */
const lonelyAfterMs = 8 * 60 * 60_000
/** Users whose last confirmation is kept. */
const maxConfirmations = 8
/** Of so many other users, where there are so many. */
const wantedUsers = 2

interface Kept {
  /** When somebody else was first to be expected. */
  readonly startedMs: number | null
  /** Connected time without a confirmation. */
  readonly lonelyMs: number
  /** The newest first: when the newest beacon was sent from here that they had heard. */
  readonly confirmed: readonly { readonly user: UserId; readonly atMs: number }[]
}

const nothing: Kept = { startedMs: null, lonelyMs: 0, confirmed: [] }
const key = 'state'

export async function openConfirmations({ ports, account, log, alarms }: MemberDevice, onChange: () => void): Promise<Confirmations> {
  const { store, clock } = ports
  const load = async (): Promise<Kept> => ((await readJson(store, collections.freshness, key)) as Kept | null) ?? nothing
  let kept = await load()
  const keep = (next: Kept): void => {
    kept = next
    store.putRecords([{ collection: collections.freshness, key, value: jsonBytes(next) }]).catch((thrown: unknown) => {
      ports.log?.('freshness-not-kept', { error: String(thrown) })
    })
    onChange()
  }
  const others = (): readonly UserId[] => {
    const users = log.fold.members().map(({ user }) => user)
    return users.includes(account.user) ? users.filter((user) => user !== account.user) : []
  }
  let boundMs = staleAfterMs
  const notFresh = { code: 'not-fresh', scope: log.scope } as const
  return {
    others,
    add: (user, atMs) => {
      const earlier = kept.confirmed.find((each) => each.user === user)?.atMs ?? 0
      const confirmed = [{ user, atMs: Math.max(atMs, earlier) }, ...kept.confirmed.filter((each) => each.user !== user)]
      // What was said long ago and comes now is as old as it is: a relay may delay everything by the same time.
      const lonelyMs = Math.min(kept.lonelyMs, Math.max(0, clock.now() - atMs))
      keep({ ...kept, lonelyMs, confirmed: confirmed.toSorted((a, b) => b.atMs - a.atMs).slice(0, maxConfirmations) })
      if (lonelyMs < boundMs) alarms.end(notFresh)
    },
    count: (elapsedMs, { isExpected, periodMs }) => {
      if (others().length === 0) return alarms.end(notFresh)
      const startedMs = kept.startedMs ?? clock.now()
      const lonelyMs = kept.lonelyMs + elapsedMs
      if (startedMs !== kept.startedMs || lonelyMs !== kept.lonelyMs) keep({ ...kept, startedMs, lonelyMs })
      boundMs = isExpected ? Math.max(staleAfterMs, stalePeriods * periodMs) : lonelyAfterMs
      if (lonelyMs >= boundMs) alarms.raise(notFresh, kept.confirmed[0]?.atMs ?? startedMs)
    },
    refresh: async () => {
      kept = await load()
      onChange()
    },
    staleSinceMs: () => {
      const users = new Set(others())
      if (users.size === 0) return null
      const times = kept.confirmed.filter(({ user }) => users.has(user)).map(({ atMs }) => atMs)
      const atMs = times[Math.min(wantedUsers, users.size) - 1] ?? kept.startedMs
      return atMs !== null && clock.now() - atMs > staleAfterMs ? atMs : null
    },
  }
}
