/** B7: what a message costs the relay's processor, signed, checked and committed, beside plain Hocuspocus. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import * as Y from 'yjs'
import { until } from '../kill9/patience.ts'
import { cpuMsOf, startServer } from './child-process.ts'
import type { ChildServer } from './child-process.ts'
import { figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { Target } from './record.ts'
import { openRelayTeam } from './relay-team.ts'
import type { RelayTeam } from './relay-team.ts'
import { defineRow } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  /** One writes, the others read. */
  readonly devices: number
  readonly messagesEach: number
}

const target: Target = { text: '≤1.2x plain Hocuspocus', most: 1.2 }
const text = 'See you at the station at nine, as ever'
const list = 'messages'

export const relayCpu = defineRow<Size>({
  id: 'B7',
  title: 'relay CPU per message',
  sizes: { full: { devices: 21, messagesEach: 10 }, tiny: { devices: 2, messagesEach: 3 } },
  measure: async ({ size, pairs }) =>
    inTemporaryFolder(async (folder) => {
      const team = await openRelayTeam(folder, size.devices)
      const plain = await startServer('hocuspocus-server.ts')
      const providers = await connectPlain(plain, size.devices)
      try {
        const perMessage = async (pid: number, send: () => Promise<void>): Promise<number> => {
          const beforeMs = cpuMsOf(pid)
          await send()
          return (cpuMsOf(pid) - beforeMs) / (size.devices * size.messagesEach)
        }
        const samples = await inTurns(pairs, {
          ours: async () => perMessage(team.relayPid, async () => sendOurs(team, size)),
          plain: async () => perMessage(plain.pid, async () => sendPlain(providers, size)),
        })
        // A tiny run takes the plain server less than a tick.
        const ratio = samples.plain.every((ms) => ms === 0) ? 0 : pairedRatio(samples.ours, samples.plain)
        return [
          {
            id: 'B7',
            work: `fan-out ${size.devices - 1}, ${size.devices * size.messagesEach} messages, each an envelope of its own, signature checked, committed`,
            ours: figure('relay', 'ms CPU', samples.ours),
            peers: [figure('Hocuspocus, plain and undurable', 'ms CPU', samples.plain)],
            limit: null,
            ratio,
            target: target.text,
            met: isMet(ratio, target),
          },
        ]
      } finally {
        for (const { provider, socket } of providers) {
          provider.destroy()
          socket.destroy()
        }
        await plain.stop()
        await team.close()
      }
    }),
})

/** Everybody writes one message after the other, and it counts as done when everybody has all of them. */
async function sendOurs({ devices, channel }: RelayTeam, { messagesEach }: Size): Promise<void> {
  const countOf = ({ replica }: RelayTeam['devices'][number]): number => replica.conversation(channel).read().messages.length
  const wanted = Math.max(...devices.map(countOf)) + devices.length * messagesEach
  for (let round = 0; round < messagesEach; round++) {
    await Promise.all(devices.map(async ({ replica }) => replica.send(channel, text)))
  }
  await until('all messages are everywhere', () => devices.every((device) => countOf(device) >= wanted))
}

interface PlainClient {
  readonly provider: HocuspocusProvider
  readonly socket: HocuspocusProviderWebsocket
  readonly doc: Y.Doc
}

async function connectPlain({ port }: ChildServer, count: number): Promise<readonly PlainClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const doc = new Y.Doc()
      const socket = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}` })
      const provider = new HocuspocusProvider({ websocketProvider: socket, name: 'channel', document: doc })
      provider.attach()
      await new Promise<void>((resolve) => provider.on('synced', () => resolve()))
      return { provider, socket, doc }
    }),
  )
}

async function sendPlain(clients: readonly PlainClient[], { messagesEach }: Size): Promise<void> {
  const wanted = Math.max(...clients.map(({ doc }) => doc.getArray(list).length)) + clients.length * messagesEach
  for (let round = 0; round < messagesEach; round++) {
    for (const { doc } of clients) doc.getArray(list).push([text])
    // As far apart as envelopes are.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await until('all messages are everywhere', () => clients.every(({ doc }) => doc.getArray(list).length >= wanted))
}
