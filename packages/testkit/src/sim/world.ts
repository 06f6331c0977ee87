/** A simulated company: devices, a relay, the network between them, and its weather. */
import type { Bytes } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { makeMemoryDisk } from '../memory/log-store.ts'
import type { MemoryDisk } from '../memory/log-store.ts'
import type { Chance } from './chance.ts'
import { checkRelayKept } from './checks.ts'
import { makeDevice } from './device.ts'
import type { SimDevice } from './device.ts'
import { makeLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { makeLine } from './line.ts'
import type { Line, Weather } from './line.ts'
import { makePeerNetwork } from './peer-network.ts'
import type { PeerNetwork } from './peer-network.ts'
import { makeRelayHost } from './relay-host.ts'
import type { RelayHost, RelayMachine } from './relay-host.ts'
import { makeRelayPort } from './relay-port.ts'
import type { Trace } from './trace.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** The relay's name in the network. */
export const relayName = 'relay'
export const relayOrigin = 'http://relay.sim'

export interface World {
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly suite: Suite
  readonly relay: RelayHost
  readonly devices: readonly SimDevice[]
  readonly network: PeerNetwork
  readonly weather: Weather
  readonly ledger: Ledger
  readonly trace: Trace
  device(name: string): SimDevice
  /** Present lines between a device and the relay. */
  relayLines(): ReadonlyMap<string, Line>
  /** Splits the network: names of one island reach each other. Without islands all do. */
  setIslands(islands: readonly (readonly string[])[]): void
  startDevice(name: string): Promise<void>
  crashDevice(name: string): void
  startRelay(): Promise<void>
  crashRelay(): void
  /** The relay starts again from an older copy of its disk. */
  rollBackRelay(): Promise<void>
  /** Loses all lines; they come again. */
  dropLines(): void
  /** What a patched device refuses to hear. */
  setDeaf(name: string, hears: (frame: Bytes) => boolean): void
}

export interface WorldOptions {
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly suite: Suite
  readonly trace: Trace
  readonly names: readonly string[]
  /** Their disks, by name; absent, empty ones. */
  readonly disks?: ReadonlyMap<string, MemoryDisk>
  readonly machine?: RelayMachine
  readonly hasPeers: boolean
  readonly plantAckBeforeCommit: boolean
  onTail(): void
  /** Hears of each write of a device; true makes it take its time. */
  onWrite(name: string): boolean
}

export function calm(): Weather {
  return { minDelayMs: 2, maxDelayMs: 20, duplicates: 0, drops: 0, swaps: 0 }
}

export async function makeWorld(options: WorldOptions): Promise<World> {
  const { clock, chance, suite, trace } = options
  const weather = calm()
  const ledger = makeLedger()
  const relayLines = new Map<string, Line>()
  const deaf = new Map<string, (frame: Bytes) => boolean>()
  let islands: readonly (readonly string[])[] = []
  const reaches = (one: string, other: string): boolean =>
    islands.length === 0 || islands.some((island) => island.includes(one) && island.includes(other))
  const newLine = (left: string, right: string): Line =>
    makeLine({
      clock,
      weather,
      chance: chance.fork(`line ${left} ${right} ${clock.events()}`),
      onFrame: (to, frame) => {
        trace.frame(to === 'right' ? `${left}>${right}` : `${right}>${left}`, frame)
      },
      hears: (to, frame) => deaf.get(to === 'left' ? left : right)?.(frame) ?? true,
    })
  const host = await makeRelayHost({
    ...options,
    chance: chance.fork('relay'),
    note: trace.note,
  })
  const network = makePeerNetwork({ clock, chance: chance.fork('peers'), suite, reaches, makeLine: newLine })
  const devices = options.names.map((name) =>
    makeDevice({
      name,
      clock,
      suite,
      chance: chance.fork(name),
      disk: options.disks?.get(name) ?? makeMemoryDisk(),
      note: trace.note,
      onWrite: () => options.onWrite(name),
      peers: () => (options.hasPeers ? network.port(name) : null),
      relay: (deviceClock) =>
        makeRelayPort({
          name,
          host,
          clock: deviceClock,
          chance: chance.fork(`port ${name} ${clock.events()}`),
          reaches: () => reaches(name, relayName),
          makeLine: () => {
            const line = newLine(name, relayName)
            relayLines.set(name, line)
            return line
          },
        }),
      onCrash: () => {
        relayLines.get(name)?.lose('left')
        network.leave(name)
      },
    }),
  )
  const device = (name: string): SimDevice => {
    const found = devices.find((one) => one.name === name)
    if (!found) throw new RangeError(`no device ${name}`)
    return found
  }
  return {
    clock,
    chance,
    suite,
    relay: host,
    devices,
    network,
    weather,
    ledger,
    trace,
    device,
    relayLines: () => relayLines,
    setIslands: (next) => {
      islands = next
      trace.note(`islands ${JSON.stringify(next)}`)
      for (const [name, line] of relayLines) if (!reaches(name, relayName)) line.lose()
      network.review()
    },
    startDevice: async (name) => {
      trace.note(`start ${name}`)
      await device(name).start()
    },
    crashDevice: (name) => {
      trace.note(`crash ${name}`)
      device(name).crash()
    },
    startRelay: async () => {
      trace.note('start relay')
      await host.start()
    },
    crashRelay: () => {
      trace.note('crash relay')
      for (const line of relayLines.values()) line.lose('right')
      host.crash()
      // Others may bring back what is gone: that it was gone is seen now or never.
      void checkRelayKept(host.log(), host.promises).then((reasons) => {
        for (const text of reasons) ledger.see({ kind: 'lost', text })
      })
    },
    rollBackRelay: async () => {
      trace.note('roll back relay')
      for (const line of relayLines.values()) line.lose('right')
      await host.rollBack()
    },
    dropLines: () => {
      trace.note('drop lines')
      for (const line of relayLines.values()) line.lose()
      network.dropAll()
    },
    setDeaf: (name, hears) => {
      deaf.set(name, hears)
    },
  }
}
