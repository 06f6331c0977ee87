/** The relay's machine: the real core over a disk with an unsynced tail, crashed and started again as often as one likes. */
import type { Bytes, Clock } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { openRelayCore } from '@poruch/relay'
import type { RelayCore } from '@poruch/relay'
import type { RelayLog } from '@poruch/sync/relay-log'
import { makeMemoryRelayLog } from '../memory/relay-log.ts'
import type { MemoryRelayLog, MemoryRelayLogOptions } from '../memory/relay-log.ts'
import type { Chance } from './chance.ts'
import { noMischief } from './mischief.ts'
import type { Mischief } from './mischief.ts'
import { watchPromises } from './relay-promises.ts'
import type { WatchedPromises } from './relay-promises.ts'

export interface RelayHost {
  /** Null while it is down. */
  core(): RelayCore | null
  readonly key: SigningKey
  readonly setup: Bytes
  readonly promises: WatchedPromises
  /** What a malicious relay does to frames; may be changed at any time. */
  readonly mischief: Mischief
  log(): RelayLog
  machine(): RelayMachine
  /** @throws RelayError `bad-log` when what was durable does not fold */
  start(): Promise<void>
  /** Everything in memory is gone, and the unsynced tail from some commit on. */
  crash(): void
  /** Starts again from an older copy of its disk: what it promised since is promised no more. */
  rollBack(): Promise<void>
  /** Whether it has done that. */
  hasRolledBack(): boolean
}

/** What outlives a run of it. */
export interface RelayMachine {
  readonly key: SigningKey
  readonly setup: Bytes
  readonly log: MemoryRelayLog
}

export interface RelayHostOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly suite: Suite
  /** What is on its disk; absent, nothing yet. */
  readonly machine?: RelayMachine
  readonly plantAckBeforeCommit: boolean
  /** Hears that the tail stops being empty: the worst moment for a crash. */
  onTail(): void
  note(text: string): void
}

/** From the write to the end of its fsync. */
const minSyncMs = 1
const maxSyncMs = 25

export async function makeRelayHost(options: RelayHostOptions): Promise<RelayHost> {
  const { clock, chance, suite, machine } = options
  const key = machine?.key ?? (await suite.generateSigningKey())
  const setup = machine?.setup ?? chance.bytes(16)
  const promises = watchPromises(clock)
  let hasRolledBack = false
  let running: { readonly core: RelayCore; readonly end: () => void } | null = null
  const logOptions: MemoryRelayLogOptions = {
    plantAckBeforeCommit: options.plantAckBeforeCommit,
    onTail: () => {
      const present = log
      clock.after(chance.between(minSyncMs, maxSyncMs), () => {
        present.sync()
      })
      options.onTail()
    },
  }
  let log = machine?.log.copy(logOptions) ?? makeMemoryRelayLog(logOptions)
  const start = async (): Promise<void> => {
    let alive = true
    const after: Clock['after'] = (delayMs, run) => clock.after(delayMs, () => (alive ? run() : undefined))
    const core = await openRelayCore({
      log: promises.watch(log),
      suite,
      clock: { now: clock.now, after },
      random: chance,
      sequencerKey: key,
      setup,
      note: (event, detail) => {
        options.note(`relay ${event} ${JSON.stringify(detail ?? {})}`)
      },
    })
    running = {
      core,
      end: () => {
        alive = false
      },
    }
  }
  return {
    core: () => running?.core ?? null,
    key,
    setup,
    promises,
    mischief: noMischief(),
    log: () => log,
    machine: () => ({ key, setup, log }),
    start,
    crash: () => {
      running?.end()
      running = null
      log = log.crash((tail) => chance.below(tail + 1))
    },
    hasRolledBack: () => hasRolledBack,
    rollBack: async () => {
      hasRolledBack = true
      running?.end()
      running = null
      log = log.rollBack((commits) => chance.between(commits >> 1, commits))
      promises.forget()
      await start()
    },
  }
}
