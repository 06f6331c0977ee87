/** One person's device: a disk that outlives crashes, and a replica that does not. */
import type { Clock } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { openReplica } from '@poruch/replica'
import type { OpenReplica, PeersPort, RelayPort, ReplicaPorts } from '@poruch/replica'
import type { LogStore } from '@poruch/sync'
import type { MemoryDisk } from '../memory/log-store.ts'
import type { Chance } from './chance.ts'
import { slowDisk } from './slow-disk.ts'

/** What a device takes for the time, given what it is. */
export type ClockFault = (nowMs: number) => number

export interface SimDevice {
  readonly name: string
  /** Null while it is down. */
  replica(): OpenReplica | null
  /** A look at the disk from outside. */
  readonly disk: LogStore
  readonly memory: MemoryDisk
  start(): Promise<void>
  /** Everything in memory is gone: nothing of that run ever goes on. */
  crash(): void
  /** From now on its clock is wrong; null: right again. */
  setClock(fault: ClockFault | null): void
  /** Whether its disk takes anything more. */
  setDiskFull(full: boolean): void
  /** Changes what the next start is given. */
  patch(change: Partial<ReplicaPorts>): void
}

export interface DeviceOptions {
  readonly name: string
  readonly clock: Clock
  readonly chance: Chance
  readonly suite: Suite
  readonly disk: MemoryDisk
  relay(clock: Clock): RelayPort
  peers(): PeersPort | null
  onCrash(): void
  /** Hears of each write; true makes it take its time. */
  onWrite(): boolean
  note(text: string): void
}

export function makeDevice(options: DeviceOptions): SimDevice {
  const { name, clock, chance, disk } = options
  let running: { readonly replica: OpenReplica; readonly life: Life } | null = null
  let starting: Life | null = null
  let changes: Partial<ReplicaPorts> = {}
  let clockFault: ClockFault | null = null
  const wrongClock: Clock = { ...clock, now: () => clockFault?.(clock.now()) ?? clock.now() }
  return {
    name,
    replica: () => running?.replica ?? null,
    disk: disk.open(),
    memory: disk,
    setClock: (fault) => {
      clockFault = fault
    },
    setDiskFull: (full) => {
      disk.setCapacity(full ? disk.sizeBytes() : Number.POSITIVE_INFINITY)
    },
    patch: (change) => {
      changes = { ...changes, ...change }
    },
    start: async () => {
      const life = makeLife(wrongClock)
      starting = life
      const replica = await openReplica({
        suite: options.suite,
        random: chance,
        clock: life.clock,
        store: slowDisk({ store: disk.open(), life, chance, onWrite: options.onWrite }),
        relay: options.relay(life.clock),
        peers: options.peers(),
        log: (event, detail) => {
          if (life.alive()) options.note(`${name} ${event} ${JSON.stringify(detail ?? {})}`)
        },
        ...changes,
      })
      if (!life.alive()) return
      running = { replica, life }
      replica.goOnline(life.signal)
    },
    crash: () => {
      starting?.end()
      running = null
      options.onCrash()
    },
  }
}

/** One run of a device, from its start to its crash. */
export interface Life {
  readonly clock: Clock
  readonly signal: AbortSignal
  alive(): boolean
  end(): void
  /** Goes on that much later, or never. */
  sleep(ms: number): Promise<void>
}

function makeLife(clock: Clock): Life {
  let alive = true
  const after: Clock['after'] = (delayMs, run) => clock.after(delayMs, () => (alive ? run() : undefined))
  return {
    // Never aborted: a crash says nothing to anybody.
    signal: new AbortController().signal,
    clock: { now: clock.now, after },
    alive: () => alive,
    end: () => {
      alive = false
    },
    sleep: async (ms) => {
      if (!alive) return new Promise(() => undefined)
      if (ms <= 0) return undefined
      return new Promise((resolve) => after(ms, resolve))
    },
  }
}
