/** B8: all devices of a company come back at once, each to all its topics. */
import { setTimeout as delay } from 'node:timers/promises'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { connectRelay } from '@poruch/adapters-browser/relay'
import type { RelayConnection } from '@poruch/adapters-browser/relay'
import { systemClock } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { encodeFrame } from '@poruch/sync/wire'
import * as Y from 'yjs'
import type { Person } from '../fixtures/person.ts'
import { peakBytesOf, residentBytesOf, startServer } from './child-process.ts'
import { makeFilledWorld, startFilledRelay } from './filled-relay.ts'
import type { FilledRelay } from './filled-relay.ts'
import { elapsedMs, figure, inTurns } from './pairs.ts'

import type { BenchRecord, Figure } from './record.ts'
import { defineRow } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly devices: number
  readonly topics: number
  /** Hocuspocus takes minutes at full size: it is measured at this one. */
  readonly plain: { readonly devices: number; readonly topics: number }
}

const headFrame = 2
const maxTries = 3
const pingMs = 50
const mebibyte = 1024 ** 2
/** A device that is not back by then is not waited for. */
const maxTrialMs = 60_000
const limits = { ms: 5_000, stallMs: 500, peakMiB: 300, subscriptionBytes: 64 }

export const reconnect = defineRow<Size>({
  id: 'B8',
  title: 'reconnect of all devices',
  sizes: {
    full: { devices: 500, topics: 1_000, plain: { devices: 10, topics: 100 } },
    tiny: { devices: 3, topics: 4, plain: { devices: 2, topics: 3 } },
  },
  measure: async ({ size, pairs }) =>
    inTemporaryFolder(async (folder) => {
      const filled = await makeFilledWorld(size.devices, size.topics)
      const relay = await startFilledRelay(folder, filled, async () => Promise.resolve())
      const plain = await startServer('hocuspocus-server.ts')
      try {
        const stalls: number[] = []
        const perSubscription: number[] = []
        const samples = await inTurns(pairs, {
          ours: async () => comeBack(relay, { stalls, perSubscription }),
          plain: async () => comeBackPlain(plain.port, size.plain),
        })
        return recordsOf(size, {
          ours: figure('relay', 'ms', samples.ours),
          plain: figure(`Hocuspocus, ${size.plain.devices} × ${size.plain.topics}`, 'ms', samples.plain),
          stall: figure('longest wait for an answer', 'ms', stalls),
          peak: figure('peak of the relay', 'MiB', [peakBytesOf(relay.pid) / mebibyte]),
          subscription: figure('growth of the relay', 'B a subscription', perSubscription),
        })
      } finally {
        await plain.stop()
        await relay.stop()
      }
    }),
})

function recordsOf(
  { devices, topics }: Size,
  figures: { ours: Figure; plain: Figure; stall: Figure; peak: Figure; subscription: Figure },
): readonly BenchRecord[] {
  const record = (what: string, ours: Figure, most: number, peers: readonly Figure[] = []): BenchRecord => {
    const ratio = Math.max(0, ours.median / most)
    const work = `${devices} devices × ${topics} topics come back${what}`
    return { id: 'B8', work, ours, peers, limit: null, ratio, target: `≤${most} ${ours.unit}`, met: ratio <= 1 }
  }
  return [
    record('', figures.ours, limits.ms, [figures.plain]),
    record(': stall', figures.stall, limits.stallMs),
    record(': memory', figures.peak, limits.peakMiB),
    record(': memory of what they follow', figures.subscription, limits.subscriptionBytes),
  ]
}

/** Milliseconds from the first knock to the last head. */
async function comeBack(relay: FilledRelay, notes: { stalls: number[]; perSubscription: number[] }): Promise<number> {
  const ending = new AbortController()
  const pings = ping(relay.origin, ending.signal)
  const connections: RelayConnection[] = []
  let beforeBytes = 0
  try {
    return await elapsedMs(async () => {
      connections.push(...(await Promise.all(relay.people.map(async (person) => connect(relay, person)))))
      beforeBytes = residentBytesOf(relay.pid)
      const all = relay.people.map((person, index) => ({ person, first: connections[index] as RelayConnection }))
      const back = Promise.all(all.map(async (one) => comeBackOne(relay, one, connections)))
      await Promise.race([back, delay(maxTrialMs, null, { ref: false, signal: ending.signal }).catch(() => undefined)])
    })
  } finally {
    notes.perSubscription.push((residentBytesOf(relay.pid) - beforeBytes) / (relay.people.length * relay.topics.length))
    ending.abort()
    notes.stalls.push(await pings)
    for (const connection of connections) connection.close()
    // The relay sees all of them gone before they come again.
    await delay(pingMs)
  }
}

async function connect({ origin, world }: FilledRelay, { device, identity }: Person): Promise<RelayConnection> {
  const authenticate = {
    kind: 'device',
    proof: async () => Promise.resolve(new Uint8Array(0)),
    sign: async (domain: string, message: Uint8Array) => world.suite.sign(identity.device, domain, message),
  } as const
  return connectRelay({ origin, device, authenticate, clock: systemClock, signal: new AbortController().signal })
}

/** A line that is taken for dead, because its turn takes so long, is opened again, as the product does. */
async function comeBackOne(
  relay: FilledRelay,
  { person, first }: { readonly person: Person; readonly first: RelayConnection },
  opened: RelayConnection[],
): Promise<void> {
  let connection = first
  for (let tries = 0; tries < maxTries && !(await follow(connection, relay.topics)); tries++) {
    connection = await connect(relay, person)
    opened.push(connection)
  }
}

/** True when all heads have come, false when the line ended before. */
async function follow({ link }: RelayConnection, topics: readonly TopicId[]): Promise<boolean> {
  let left = topics.length
  return new Promise((resolve) => {
    link.onFrame((frame) => {
      if (frame[0] === headFrame) left -= 1
      if (left === 0) resolve(true)
    })
    link.onClose(() => resolve(false))
    link.send(encodeFrame({ type: 'SUB', topics: topics.map((topic) => ({ topic, relaySeq: 0, idPrefix: '00000000' })) }))
  })
}

/** The longest time that the relay lets a small question wait. */
async function ping(origin: string, signal: AbortSignal): Promise<number> {
  const waits = [0]
  while (!signal.aborted) {
    waits.push(await elapsedMs(async () => (await fetch(`${origin}/api/relay`)).arrayBuffer()))
    await delay(pingMs)
  }
  return Math.max(...waits)
}

/** One document for each topic, over one socket for each device. */
async function comeBackPlain(port: number, { devices, topics }: Size['plain']): Promise<number> {
  const sockets: HocuspocusProviderWebsocket[] = []
  const providers: HocuspocusProvider[] = []
  const ms = await elapsedMs(async () => {
    for (let device = 0; device < devices; device++) {
      const socket = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}` })
      sockets.push(socket)
      for (let topic = 0; topic < topics; topic++) {
        providers.push(new HocuspocusProvider({ websocketProvider: socket, name: `topic-${topic}`, document: new Y.Doc() }))
      }
    }
    await Promise.all(
      providers.map(async (provider) => {
        const synced = new Promise<void>((resolve) => provider.on('synced', () => resolve()))
        provider.attach()
        await synced
      }),
    )
  })
  for (const provider of providers) provider.destroy()
  for (const socket of sockets) socket.destroy()
  return ms
}
