/** How often an address may knock: requests, sockets, sessions; and how long it waits after failures. */
import type { Clock } from '@poruch/base'
import { makeBuckets } from '../core/bucket.ts'
import type { Caller } from './addresses.ts'

/** Addresses, and pairs of address and device, remembered; the one unused for longest is forgotten first. */
const maxAddresses = 10_000
/** Requests at once for each device that is expected behind an address: a reconnect needs three. */
const maxRequestsPerDevice = 4
/** An address that used up its requests gets all of them back in so long. */
const requestPeriodMs = 40_000
/** Session attempts, and socket upgrades, at once per expected device: one of each, and two sockets. */
const maxAttemptsPerDevice = 2
/** An address that used up its attempts gets all of them back in so long. */
const attemptPeriodMs = 40_000
/** Sockets that are open at once per expected device: two devices of one person, two sockets each. */
const maxSocketsPerDevice = 4
/** Open sockets of all addresses together. Each holds some 50 KB. */
const maxSockets = 5_000
/** TCP connections that are open at once per expected device: a browser opens six for its requests. */
const maxConnectionsPerDevice = 12
/** TCP connections of all addresses together. */
export const maxConnections = 10_000
/** An asset costs less than a question: a page is some twenty of them. */
const fileTokens = 0.1
/** Failures of a session that cost nothing: stale links, a removed device that asks again. */
const maxFreeFailures = 10
/** The wait after the first failure beyond; it doubles with each. */
const firstBackOffMs = 1_000
/** No wait is longer: a shared address is not locked out by one of its people. */
const maxBackOffMs = 60_000
/** Failures are forgotten when none came for so long. */
const failureMemoryMs = 10 * 60_000

export interface Door {
  /** Milliseconds that the caller has to wait before a request is answered; 0 when it is answered now. */
  request(caller: Caller): number
  /** The same for one of the app's files. */
  file(caller: Caller): number
  /** The same for a socket's upgrade. */
  upgrade(caller: Caller): number
  /** The same for a session. `device` is what the request says, not proven. */
  session(caller: Caller, device: string): number
  /** Counts a session that was refused, by its code. */
  failed(caller: Caller, device: string, code: string): void
  /** Takes a place for a socket; the returned function gives it back. Null when all places are taken. */
  enter(caller: Caller): (() => void) | null
  /** The same for a TCP connection, by its address. */
  connect(address: string): (() => void) | null
  /** How many sockets are open. */
  sockets(): number
}

/** `devices`: how many are expected behind one address. */
export function makeDoor({ clock, devices }: { clock: Clock; devices: number }): Door {
  const bucketsOf = (size: number, periodMs: number) => makeBuckets({ clock, size, refillMs: periodMs / size, maxNames: maxAddresses })
  const requests = bucketsOf(devices * maxRequestsPerDevice, requestPeriodMs)
  const upgrades = bucketsOf(devices * maxAttemptsPerDevice, attemptPeriodMs)
  const sessions = bucketsOf(devices * maxAttemptsPerDevice, attemptPeriodMs)
  const failures = makeFailures(clock)
  const places = makePlaces(maxSockets, devices * maxSocketsPerDevice)
  const connections = makePlaces(maxConnections, devices * maxConnectionsPerDevice)
  const waitOf = (buckets: typeof requests, { key }: Caller, tokens = 1): number => {
    const bucket = buckets.of(key)
    return bucket.take(tokens) ? 0 : Math.max(1, bucket.waitMs())
  }
  return {
    request: (caller) => waitOf(requests, caller),
    file: (caller) => waitOf(requests, caller, fileTokens),
    upgrade: (caller) => waitOf(upgrades, caller),
    session: (caller, device) =>
      Math.max(failures.waitMs(caller.key), failures.waitMs(`${caller.key} ${device}`)) || waitOf(sessions, caller),
    failed: ({ key }, device, code) => {
      if (guesses.has(code)) failures.add(key)
      else if (!blameless.has(code)) failures.add(`${key} ${device}`)
    },
    enter: ({ key }) => places.take(key),
    connect: connections.take,
    sockets: () => places.taken(),
  }
}

/** So many places, and so many of them for one name. */
function makePlaces(max: number, maxOfName: number): { take(name: string): (() => void) | null; taken(): number } {
  const byName = new Map<string, number>()
  let taken = 0
  return {
    taken: () => taken,
    take: (name) => {
      const mine = byName.get(name) ?? 0
      if (taken >= max || mine >= maxOfName) return null
      byName.set(name, mine + 1)
      taken += 1
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        taken -= 1
        const left = (byName.get(name) ?? 1) - 1
        if (left > 0) byName.set(name, left)
        else byName.delete(name)
      }
    },
  }
}

/** No program of ours sends these: somebody tries keys or secrets, and the whole address waits. */
const guesses: ReadonlySet<string> = new Set(['bad-request', 'bad-signature', 'bad-setup', 'recovery-unknown'])
/** A relay that was restarted has forgotten its challenges; a device that waits must not wait longer for having asked. */
const blameless: ReadonlySet<string> = new Set(['bad-challenge', 'too-many-requests'])

interface Failures {
  waitMs(name: string): number
  add(name: string): void
}

/** Exponential back-off by name. */
function makeFailures(clock: Clock): Failures {
  const known = new Map<string, { readonly count: number; readonly atMs: number }>()
  const countOf = (name: string): number => {
    const found = known.get(name)
    return found && clock.now() - found.atMs < failureMemoryMs ? found.count : 0
  }
  return {
    add: (name) => {
      const count = countOf(name) + 1
      known.delete(name)
      known.set(name, { count, atMs: clock.now() })
      const oldest = known.size > maxAddresses ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
    },
    waitMs: (name) => {
      const over = countOf(name) - maxFreeFailures
      const backOffMs = over <= 0 ? 0 : Math.min(firstBackOffMs * 2 ** (over - 1), maxBackOffMs)
      return Math.max(0, (known.get(name)?.atMs ?? 0) + backOffMs - clock.now())
    },
  }
}
