/** B9: from sending a message to its being shown on another device, through the real relay, beside an echo that flushes to the disk. */
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { startServer } from './child-process.ts'
import { elapsedMs, figure, inTurns, median, percentile } from './pairs.ts'
import { isMet } from './record.ts'
import type { Target } from './record.ts'
import { openRelayTeam, shows } from './relay-team.ts'
import type { RelayTeam } from './relay-team.ts'
import { defineRow } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly messages: number
}

const target: Target = { text: '≤10 ms over the limit, p50', most: 1 }
const allowedMs = 10
/** One message at a time, as a person writes: the window in which more would share an envelope is over. */
const pauseMs = 120
const envelopeSizeBytes = 309

export const remoteView = defineRow<Size>({
  id: 'B9',
  title: 'edit to remote view',
  sizes: { full: { messages: 20 }, tiny: { messages: 2 } },
  measure: async ({ size, pairs }) =>
    inTemporaryFolder(async (folder) => {
      const team = await openRelayTeam(folder, 2)
      const echo = await startServer('echo-server.ts', [join(folder, 'echo')])
      const clients = await Promise.all([0, 1].map(async () => connect(echo.port)))
      const [sender, receiver] = clients as [WebSocket, WebSocket]
      try {
        const p50 = async (sendOne: (index: number) => Promise<number>): Promise<number> => medianOf(size.messages, sendOne)
        const samples = await inTurns(pairs, {
          ours: async () => p50(async (index) => sendOurs(team, `message ${performance.now()} ${index}`)),
          echo: async () => p50(async () => sendEcho(sender, receiver)),
        })
        const overMs = median(samples.ours.map((ms, round) => ms - (samples.echo[round] ?? 0)))
        const ratio = Math.max(0, overMs / allowedMs)
        return [
          {
            id: 'B9',
            work: `p50 of ${size.messages} messages, one at a time: seal, relay process, commit, fan-out, check, open, view`,
            ours: figure('two devices', 'ms', samples.ours),
            peers: [],
            limit: figure('ws echo + fdatasync', 'ms', samples.echo),
            ratio,
            target: target.text,
            met: isMet(ratio, target),
          },
        ]
      } finally {
        for (const client of clients) client.terminate()
        await echo.stop()
        await team.close()
      }
    }),
})

async function medianOf(count: number, measure: (index: number) => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    await delay(pauseMs)
    times.push(await measure(index))
  }
  return percentile(times, 0.5)
}

async function sendOurs({ devices, channel }: RelayTeam, text: string): Promise<number> {
  const [sender, receiver] = devices
  if (!sender || !receiver) throw new Error('two devices are needed')
  return elapsedMs(async () => {
    const shown = shows(receiver, channel, text)
    await sender.replica.send(channel, text)
    await shown
  })
}

async function sendEcho(sender: WebSocket, receiver: WebSocket): Promise<number> {
  return elapsedMs(async () => {
    const heard = once(receiver, 'message')
    sender.send(new Uint8Array(envelopeSizeBytes))
    await heard
  })
}

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}
