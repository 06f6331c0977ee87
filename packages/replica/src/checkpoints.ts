/** Owners' devices write a Checkpoint now and then, so that newcomers need not read a log of years before they see a message. */
import { draftCheckpoint } from '@poruch/identity'
import { roles } from '@poruch/identity/fold'
import type { MemberDevice } from './member-device.ts'

/** Entries between two: some seconds of a newcomer's start, and an owner's device needs a moment for thousands of members. */
const checkpointEntries = 1_000
/** The longest of the waits, which differ, so that seldom two owners write one. */
const spreadMs = 20_000

export interface Checkpoints {
  /** The log or the session has changed. */
  look(): void
  close(): void
}

export function makeCheckpoints({ ports, account, log, sequencer, proposals }: MemberDevice): Checkpoints {
  const { fold } = log
  let cancel: (() => void) | null = null
  const isDue = (): boolean => {
    const head = fold.head()
    // What this device has only believed it does not vouch for.
    if (!head || log.missingFrom() !== null || fold.frozen()) return false
    const since = head.pos - (fold.checkpointPos() ?? 0)
    return since >= (ports.checkpointEntries ?? checkpointEntries) && fold.member(account.user)?.role === roles.owner
  }
  const write = (): void => {
    cancel = null
    proposals
      .make(async () => (isDue() ? { drafts: [draftCheckpoint(await fold.stateRoot())] } : null))
      .catch((thrown: unknown) => ports.log?.('no-checkpoint', { error: String(thrown) }))
  }
  return {
    look: () => {
      if (cancel || !isDue() || !sequencer.connected) return
      cancel = ports.clock.after(((ports.random.bytes(1)[0] ?? 0) / 256) * spreadMs, write)
    },
    close: () => {
      cancel?.()
    },
  }
}
