/** Changes of membership: built on the log's head, ordered by the sequencer, built anew when somebody was faster. */
import { makeSerial } from '@poruch/base'
import type { Bytes, EntryId } from '@poruch/base'
import { nextPlace, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import type { ScopeFold } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import type { SequencerLine } from './sequencer-line.ts'
import type { WorkspaceLog } from './workspace-log.ts'

/** Several entries, all or nothing. `prepare` hears their ids and makes durable what must be there before they are ordered. */
export interface Change {
  readonly drafts: readonly Draft[]
  prepare?(ids: readonly EntryId[]): Promise<void>
}

export interface Proposals {
  /**
   * Resolves when the change stands in the log here. `build` is called anew on each head and answers null when the change is no longer
   * needed. One change at a time. @throws ReplicaError `not-online` | `refused` | `contended` | `not-member` | `closed`
   */
  make(build: (fold: ScopeFold) => Promise<Change | null>): Promise<void>
  /** Changes that have not been ordered yet. */
  waiting(): number
  onWaiting(listener: () => void): () => void
  /** What still waits fails with `closed`. */
  close(): void
}

/** Rebases before giving up: with the head held 2 s for whoever was refused, far more than a workspace needs. */
const maxAttempts = 16
/** How long an answer may take before the change counts as not made; the relay answers within one commit. */
const answerTimeoutMs = 20_000
/** How long a change waits for a session, which is mostly on its way: at a start, after a break, while the relay restarts. */
const sessionTimeoutMs = 8_000
/** The same where a member's device orders, whose person may have to open it. */
const stewardTimeoutMs = 10 * 60_000

export interface ProposalsOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly requests: SequencerLine
}

export function makeProposals({ ports, account, log, requests }: ProposalsOptions): Proposals {
  const serial = makeSerial()
  const listeners = new Set<() => void>()
  const ending = new AbortController()
  let waiting = 0
  const count = (step: number): void => {
    waiting += step
    for (const listener of listeners) listener()
  }

  /** True when ordered, false when the head had moved. */
  const attempt = async (change: Change): Promise<boolean> => {
    const self = log.fold.member(account.user)
    if (!self) throw new ReplicaError('not-member', 'only members change a workspace')
    const author = { device: account.signingKey, userLogHead: self.userLogHead }
    const place = nextPlace(log.fold)
    const proposed = await proposeAll(ports.suite, place, { drafts: change.drafts, author })
    const ids = proposed.map(({ id }) => id)
    await change.prepare?.(ids)
    const over = new AbortController()
    try {
      // An ordered proposal is answered by its entries themselves; only a moved head and a refusal carry the ref.
      const ordered = reaches(log, place.pos, over.signal).then(() => log.fold.entryIdAt(place.pos) === ids[0])
      const records = proposed.map(({ record }) => record)
      return await within(answerTimeoutMs, Promise.race([ordered, moved(records, over.signal)]))
    } finally {
      over.abort()
    }
  }

  /** @throws ReplicaError `not-online` | `closed` */
  const connectedSoon = async (): Promise<void> => {
    if (requests.connected) return
    const over = new AbortController()
    try {
      await within(requests.absent() ? stewardTimeoutMs : sessionTimeoutMs, connectedAgain(requests, over.signal))
    } finally {
      over.abort()
    }
  }

  /**
   * Proposes; false when the head has moved and the log here has followed. When the session ends in the middle the same records are
   * proposed in the next one: they name their place, so that they cannot be ordered twice. @throws ReplicaError `refused`
   */
  const moved = async (records: readonly Bytes[], signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      const sent = requests.request((ref) => ({ type: 'PROPOSE', ref, records }))
      signal.addEventListener('abort', sent.forget)
      try {
        const frame = await sent.answer
        if (frame.type === 'MOVED') await reaches(log, frame.pos, signal)
        return false
      } catch (thrown) {
        if (!(thrown instanceof ReplicaError) || thrown.code !== 'not-online') throw thrown
        await connectedAgain(requests, signal)
      }
    }
  }

  return {
    make: async (build) => {
      count(1)
      try {
        // Outside the queue, so that those who wait for the session wait together.
        await connectedSoon()
        await serial.run(async () => {
          for (let tries = 0; tries < maxAttempts; tries++) {
            if (ending.signal.aborted) throw new ReplicaError('closed', 'stopped')
            // Two people have seen two logs: what follows one of them binds nobody until the owners replace the sequencer.
            if (log.fold.frozen()) throw new ReplicaError('refused', 'the log stands still', { reason: 'frozen' })
            await connectedSoon()
            const change = await build(log.fold)
            if (change === null || (await attempt(change))) return
          }
          throw new ReplicaError('contended', `others were faster ${maxAttempts} times`)
        })
      } finally {
        count(-1)
      }
    },
    waiting: () => waiting,
    onWaiting: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      ending.abort()
    },
  }

  async function within<T>(timeoutMs: number, result: Promise<T>): Promise<T> {
    let cancel = (): void => {}
    let stop = (): void => {}
    const failed = new Promise<never>((_, reject) => {
      cancel = ports.clock.after(timeoutMs, () => {
        reject(new ReplicaError('not-online', 'the sequencer does not answer'))
      })
      stop = () => {
        reject(new ReplicaError('closed', 'stopped'))
      }
      ending.signal.addEventListener('abort', stop)
      if (ending.signal.aborted) stop()
    })
    try {
      return await Promise.race([result, failed])
    } finally {
      cancel()
      ending.signal.removeEventListener('abort', stop)
    }
  }
}

/** Resolves when the log has an entry at the position; never, once the signal aborts. */
async function reaches(log: WorkspaceLog, pos: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (log.nextPos() > pos) resolve()
    }
    signal.addEventListener('abort', log.onGrown(look))
    look()
  })
}

async function connectedAgain(requests: SequencerLine, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (requests.connected) resolve()
    }
    signal.addEventListener('abort', requests.onConnected(look))
  })
}
