/** Kills the relay in mid-work, again and again, and looks each time whether it kept what it said it keeps. */
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { makeChance } from '../sim/chance.ts'
import { openDevice } from './devices.ts'
import type { Device, LineEvents } from './devices.ts'
import { startLoad } from './load.ts'
import { delay, until } from './patience.ts'
import { frameTypes, makePromiseBook } from '../promises.ts'
import type { PromiseBook } from '../promises.ts'
import { makeRelayProcess } from './relay-process.ts'
import type { RelayProcess } from './relay-process.ts'
import type { Outcome } from './report.ts'
import { planKills } from './schedule.ts'
import type { Kill } from './schedule.ts'
import { makeStock, overCopy } from './stock.ts'
import { gatherTeam } from './team.ts'

export interface RunOptions {
  readonly kills: number
  readonly seed: number
  /** Empty; everything is written below it. */
  readonly folder: string
  /** The start file of a relay with a planted bug. */
  readonly entry?: string
  /** Hears one line after each kill. */
  readonly note?: (line: string) => void
}

export interface RunOutcome extends Outcome {
  readonly envelopes: number
  readonly entries: number
}

const names = ['Alice', 'Bob', 'Carol']
/** Where no such frame passes within this time the relay is killed anyway. */
const maxFrameWaitMs = 3_000

interface Loop {
  readonly relay: RelayProcess
  readonly devices: readonly Device[]
  readonly book: PromiseBook
  /** `connected`, and the types of frames as text. */
  readonly events: EventEmitter
}

/** @throws Error when the relay does not come back, or the devices do not find it again, within a minute */
export async function runKills({ kills, seed, folder, entry, note = () => undefined }: RunOptions): Promise<RunOutcome> {
  const relay = await makeRelayProcess({ dataFolder: join(folder, 'relay'), ...(entry === undefined ? {} : { entry }) })
  const events = new EventEmitter()
  const book = makePromiseBook()
  const listening: LineEvents = { connected: () => void events.emit('connected'), frame: (type) => void events.emit(String(type)) }
  await relay.start()
  const devices: Device[] = []
  try {
    const team = await gatherTeam(relay, names, async (name) => openDevice({ name, book, events: listening }))
    devices.push(...team.devices)
    const load = startLoad(team, makeChance(`kill9/${seed}/load`))
    const outcome = await killOften({ relay, devices, book, events }, planKills(kills, seed), note)
    await load.stop()
    await until('all is acknowledged', () => devices.every(({ replica }) => replica.connection.read().unsent === 0))
    await relay.kill()
    // A stock of its own: everything is looked at once more.
    const last = await overCopy(relay.dataFolder, async (log) => makeStock().look(log, book))
    return {
      ...outcome,
      kills,
      lost: [...new Set([...outcome.lost, ...last])],
      envelopes: book.envelopes.length,
      entries: book.entries.length,
    }
  } finally {
    await Promise.all(devices.map(async (device) => device.close()))
    await relay.kill()
  }
}

async function killOften(loop: Loop, plan: readonly Kill[], note: (line: string) => void): Promise<Pick<Outcome, 'lost' | 'readyMs'>> {
  const { relay, devices, book } = loop
  const stock = makeStock()
  const lost: string[] = []
  const readyMs: number[] = []
  for (const [index, kill] of plan.entries()) {
    if (kill.at !== 'starting') await momentOf(loop, kill)
    await relay.kill()
    // What was on the wire when it died has arrived with the end of the socket.
    await until('the devices notice', () => devices.every((device) => device.sessions() === 0))
    const faults = await overCopy(relay.dataFolder, async (log) => stock.look(log, book))
    lost.push(...faults)
    const next = plan[index + 1]
    const tookMs = await startAgain(loop, next?.at === 'starting' ? next.afterMs : null)
    if (tookMs !== null) readyMs.push(tookMs)
    note(
      `kill ${index + 1} (${kill.at}): ${book.envelopes.length} envelopes, ${book.entries.length} entries, ${lost.length} lost, ${tookMs ?? '–'} ms`,
    )
  }
  return { lost, readyMs }
}

async function momentOf({ events }: Loop, { at, afterMs, momentMs }: Kill): Promise<void> {
  await passing(events, frameTypes.ack)
  await delay(afterMs)
  if (at === 'append' || at === 'propose') await passing(events, frameTypes[at])
  await delay(momentMs)
}

async function passing(events: EventEmitter, type: number): Promise<void> {
  await once(events, String(type), { signal: AbortSignal.timeout(maxFrameWaitMs) }).catch(() => undefined)
}

/** Milliseconds from the start of the process to its first session, or null when it is to be killed so long after its start. */
async function startAgain({ relay, devices, events }: Loop, killAfterMs: number | null): Promise<number | null> {
  const startMs = performance.now()
  if (killAfterMs !== null) {
    relay.start().catch(() => undefined)
    await delay(killAfterMs)
    return null
  }
  const connected = once(events, 'connected').then(() => Math.round(performance.now() - startMs))
  await relay.start()
  for (const device of devices) device.retry()
  return connected
}
