/** Says by beacons what this device knows, and holds what others say against it. */
import { makeSerial, toHex } from '@poruch/base'
import type { DeviceId } from '@poruch/base'
import { maxBeaconsHeard } from '@poruch/sync'
import type { HeardBeacon, SealedBeacon } from '@poruch/sync'
import { makeBeaconView } from './beacon-view.ts'
import { makeClaims } from './claims.ts'
import type { Confirmations } from './confirmations.ts'
import type { MemberDevice } from './member-device.ts'
import { makePresence } from './presence.ts'

export interface Freshness {
  /** This device may use the network until the signal aborts, and says goodbye then: to be called before its links hear of the signal. */
  begin(signal: AbortSignal): void
  /** A session, a link or a key is new: others are told soon. */
  look(): void
  /** The device may go now, and others are told; if it stays, it is as if it had come again. */
  goodbye(): void
}

export interface FreshnessOptions {
  readonly device: MemberDevice
  readonly confirmations: Confirmations
  /** Whether somebody is linked directly. */
  hasPeers(): boolean
}

/** A beacon costs its sender two signatures and each member a check. */
const beaconPeriodMs = 60_000
/** However many members there are, each hears one beacon in so long. */
const beaconSpacingMs = 2000
/** At least so long after what it answers: several that come together are answered by one. */
const beaconDelayMs = 200
/** How far one period is from another, by chance. */
const spread = 0.2
/** What one period counts at most: a machine that slept was not without an answer. */
const maxElapsedPeriods = 2
/** Without the network for so long, a device does not know any more who should be there. */
const awayMs = 10 * 60_000
/** Own beacons that an answer may name. */
const maxOwnBeacons = 16

/** From one beacon of a device to its next, in milliseconds, where so many others are members; by chance a fifth more or less. */
export function beaconPeriodOf(others: number): number {
  return Math.max(beaconPeriodMs, others * beaconSpacingMs)
}

interface Turn {
  session: string
  readonly signal: AbortSignal
  counter: number
  /** Sealed ahead: a device that goes has no time for it. */
  goodbye: SealedBeacon | null
}

export function makeFreshness(options: FreshnessOptions): Freshness {
  const { device, confirmations } = options
  const { ports, account, log, sync, requests } = device
  const { clock, random } = ports
  const view = makeBeaconView(device)
  const claims = makeClaims(device.alarms)
  const presence = makePresence()
  const serial = makeSerial()
  let turn: Turn | null = null
  let timer: { readonly dueMs: number; readonly cancel: () => void } | null = null
  let lastMs = clock.now()
  let lastPathMs = clock.now()
  let hasHeard = false
  let isNewSession = false
  /** By name: when each own beacon was sent. */
  const sent = new Map<string, number>()
  const heard: string[] = []
  const chance = (): number => (random.bytes(1)[0] ?? 0) / 255
  /** Not all at once: to each member its share. */
  const soonMs = (): number => beaconDelayMs + Math.max(1, confirmations.others().length) * beaconSpacingMs * chance()
  const periodMs = (): number => beaconPeriodOf(confirmations.others().length)
  const failed = (thrown: unknown): void => ports.log?.('beacon-failed', { error: String(thrown) })

  const plan = (delayMs: number): void => {
    const dueMs = clock.now() + delayMs
    if (!turn || (timer && timer.dueMs <= dueMs)) return
    timer?.cancel()
    timer = { dueMs, cancel: clock.after(delayMs, run) }
  }
  const run = (): void => {
    timer = null
    serial
      .run(async () => (turn ? tick(turn) : undefined))
      .catch(failed)
      .then(() => plan(periodMs() * (1 + spread * (2 * chance() - 1))), failed)
  }
  const tick = async (present: Turn): Promise<void> => {
    const nowMs = clock.now()
    const elapsedMs = Math.min(Math.max(nowMs - lastMs, 0), maxElapsedPeriods * periodMs())
    lastMs = nowMs
    // A machine that slept comes with a new session, one that was slow does not.
    if (isNewSession && Math.abs(nowMs - lastPathMs) >= awayMs) presence.forget()
    isNewSession = false
    if (requests.connected || hasHeard) {
      lastPathMs = nowMs
      await claims.look(elapsedMs)
    }
    hasHeard = false
    confirmations.count(requests.connected ? elapsedMs : 0, { isExpected: presence.isAny(isOthers), periodMs: periodMs() })
    await say(present)
  }
  const isOthers = (other: DeviceId): boolean =>
    log.fold.members().some(({ user, devices }) => user !== account.user && devices.includes(other))

  const say = async (present: Turn): Promise<void> => {
    const topic = device.directory.topic()
    const head = log.fold.head()
    if (!topic || !head || confirmations.others().length === 0 || !(requests.connected || options.hasPeers())) return
    present.counter += 2
    const says = { session: present.session, head, heard: [...heard], ends: view.ends() }
    try {
      const beacon = await sync.sealBeacon(topic, { ...says, isLeaving: false, counter: present.counter })
      present.goodbye = await sync.sealBeacon(topic, { ...says, isLeaving: true, counter: present.counter + 1 })
      if (present.signal.aborted) return
      sent.set(beacon.name, clock.now())
      const [oldest] = sent.keys()
      if (sent.size > maxOwnBeacons && oldest !== undefined) sent.delete(oldest)
      sync.tellBeacon(beacon)
    } catch (thrown) {
      // Without the key, or while an epoch is due, there is nothing to say it under: with the key, or in the next period.
      ports.log?.('no-beacon', { error: String(thrown) })
    }
  }

  const newSession = (): string => toHex(random.bytes(16))
  const sayGoodbye = (present: Turn): void => {
    if (present.goodbye) sync.tellBeacon(present.goodbye)
    present.goodbye = null
    present.session = newSession()
  }

  const take = async (beacon: HeardBeacon): Promise<void> => {
    if (beacon.user === account.user || !turn) return
    hasHeard = true
    heard.push(beacon.name)
    heard.splice(0, heard.length - maxBeaconsHeard)
    // Whoever has just come wants to hear that they were heard.
    if (presence.note(beacon)) plan(soonMs())
    let isMet = true
    for (const claim of view.claimsOf(beacon)) isMet = (await claims.take(claim)) && isMet
    const times = beacon.heard.flatMap((name) => sent.get(name) ?? [])
    if (isMet && times.length > 0) confirmations.add(beacon.user, Math.max(...times))
  }
  requests.onConnected(() => {
    isNewSession = true
  })
  sync.onBeacon((beacon) => void serial.run(async () => take(beacon)).catch(failed))

  return {
    begin: (signal) => {
      const mine: Turn = { session: newSession(), signal, counter: 0, goodbye: null }
      turn = mine
      lastMs = clock.now()
      signal.addEventListener('abort', () => {
        sayGoodbye(mine)
        if (turn !== mine) return
        turn = null
        timer?.cancel()
        timer = null
      })
    },
    look: () => plan(soonMs()),
    goodbye: () => turn && sayGoodbye(turn),
  }
}
