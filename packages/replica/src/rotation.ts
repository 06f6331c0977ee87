/** Opens a new epoch where one is due: whoever can does, after a wait that differs, so that seldom two do. */
import type { MemberDevice } from './member-device.ts'

/** The longest of the waits. */
const spreadMs = 3000

export interface Rotation {
  /** The log or the session has changed. */
  look(): void
  close(): void
}

export function makeRotation({ ports, account, log, membership }: MemberDevice): Rotation {
  let cancel = (): void => {}
  const rotate = (): void => {
    membership.rotate().catch((thrown: unknown) => ports.log?.('not-rotated', { error: String(thrown) }))
  }
  return {
    look: () => {
      cancel()
      if (!log.fold.epochDue() || !log.fold.member(account.user)) return
      cancel = ports.clock.after(((ports.random.bytes(1)[0] ?? 0) / 256) * spreadMs, rotate)
    },
    close: () => {
      cancel()
    },
  }
}
