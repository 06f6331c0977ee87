/** Changes of membership: built on the log's head, ordered by the sequencer, built anew when somebody was faster. */
import type { EntryId } from '@poruch/base'
import { nextPlace, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import type { ScopeFold } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import type { Requests } from './control.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { makeSerial } from './serial.ts'
import type { WorkspaceLog } from './workspace-log.ts'

/** Several entries, all or nothing. `prepare` hears their ids and makes durable what must be there before they are ordered. */
export interface Change {
  readonly drafts: readonly Draft[]
  prepare?(ids: readonly EntryId[]): Promise<void>
}

export interface Proposals {
  /**
   * Resolves when the change stands in the log here. `build` is called anew on each head and answers null when the change is no longer
   * needed. One change at a time. @throws ReplicaError `not-online` | `refused` | `contended` | `not-member`
   */
  make(build: (fold: ScopeFold) => Promise<Change | null>): Promise<void>
  /** Changes that have not been ordered yet. */
  waiting(): number
  onWaiting(listener: () => void): () => void
}

/** Rebases before giving up: with the head held 2 s for whoever was refused, far more than a workspace needs. */
const maxAttempts = 16
/** How long an answer may take before the change counts as not made; the relay answers within one commit. */
const answerTimeoutMs = 20_000

export interface ProposalsOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly requests: Requests
}

export function makeProposals({ ports, account, log, requests }: ProposalsOptions): Proposals {
  const serial = makeSerial()
  const listeners = new Set<() => void>()
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
    const proposed = await proposeAll(ports.suite, nextPlace(log.fold), { drafts: change.drafts, author })
    const ids = proposed.map(({ id }) => id)
    await change.prepare?.(ids)
    const firstPos = log.nextPos()
    const ordered = settled(log, { pos: firstPos, id: ids[0] ?? null })
    const sent = requests.request((ref) => ({ type: 'PROPOSE', ref, records: proposed.map(({ record }) => record) }))
    try {
      // An ordered proposal is answered by its entries themselves; only a moved head and a refusal carry the ref.
      const moved = sent.answer.then(async (frame) => {
        if (frame.type === 'MOVED') await reaches(log, frame.pos)
        return false
      })
      return await withTimeout(ports, Promise.race([ordered.result, moved]))
    } finally {
      ordered.stop()
      sent.forget()
    }
  }

  return {
    make: async (build) => {
      count(1)
      try {
        await serial.run(async () => {
          for (let tries = 0; tries < maxAttempts; tries++) {
            if (!requests.connected) throw new ReplicaError('not-online', 'the sequencer cannot be reached')
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
  }

  async function withTimeout<T>({ clock }: ReplicaPorts, result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(answerTimeoutMs, () => {
        reject(new ReplicaError('not-online', 'the sequencer does not answer'))
      })
      result.then(resolve, reject).finally(cancel)
    })
  }
}

/** Settles when the log has an entry at the position: true when it is the one expected. */
function settled(log: WorkspaceLog, at: { pos: number; id: EntryId | null }): { result: Promise<boolean>; stop(): void } {
  let stop = (): void => {}
  const result = new Promise<boolean>((resolve) => {
    const look = (): void => {
      const id = log.fold.entryIdAt(at.pos)
      if (id !== null) resolve(id === at.id)
    }
    stop = log.onGrown(look)
    look()
  })
  return { result, stop }
}

async function reaches(log: WorkspaceLog, pos: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (log.nextPos() <= pos) return
      stop()
      resolve()
    }
    const stop = log.onGrown(look)
    look()
  })
}
