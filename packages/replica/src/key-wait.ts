/** Waits for the newest epoch's key: asks the relay again, ever more seldom, and has another epoch opened where nobody hands it out. */
import { codeOf } from '@poruch/base'
import type { EpochId } from '@poruch/base'
import type { Account } from './account.ts'
import type { KeyExchange } from './key-exchange.ts'
import type { Membership } from './membership.ts'
import type { ReplicaPorts } from './ports.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface KeyWait {
  /** A key may be missing. */
  begin(): void
  /** The relay has sent all that it was asked for. */
  answered(): void
}

export interface KeyWaitOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly exchange: Pick<KeyExchange, 'missing'>
  readonly membership: Pick<Membership, 'skip'>
  /** Asks for log and keys. */
  ask(): void
}

/** Waits before the key is asked for again, doubled each time. */
const firstKeyAskMs = 5000
const maxKeyAskMs = 5 * 60_000
/** So often it is asked for in vain before another epoch is opened in its place: whoever opened it had 35 s to seal it. */
const maxKeyAsks = 3

export function makeKeyWait({ ports, account, log, exchange, membership, ask }: KeyWaitOptions): KeyWait {
  let isWaiting = false
  let isAnswered = false
  let asked: { readonly epoch: EpochId | null; readonly times: number } = { epoch: null, times: 0 }
  const missed = (): EpochId | null => {
    const newest = log.fold.epochs().at(-1)?.id ?? null
    return newest !== null && exchange.missing() === newest && log.fold.member(account.user) ? newest : null
  }
  const look = (epoch: EpochId): void => {
    isAnswered = false
    asked = { epoch, times: asked.epoch === epoch ? asked.times + 1 : 1 }
    ask()
    if (asked.times !== maxKeyAsks) return
    ports.log?.('epoch-skipped', { epoch })
    membership.skip(epoch).catch((thrown: unknown) => ports.log?.('epoch-not-skipped', { code: codeOf(thrown) }))
  }
  const begin = (): void => {
    if (isWaiting) return
    isWaiting = true
    ports.clock.after(Math.min(firstKeyAskMs * 2 ** asked.times, maxKeyAskMs), () => {
      isWaiting = false
      const epoch = missed()
      if (epoch === null) {
        asked = { epoch, times: 0 }
        return
      }
      // Without an answer to the last question another one says nothing: the session has ended, or the device slept.
      if (isAnswered) look(epoch)
      begin()
    })
  }
  return {
    begin,
    answered: () => {
      isAnswered = true
    },
  }
}
