/** The real relay process on a disk that fills up, and over a database that was damaged. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { toHex } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Device } from '../kill9/devices.ts'
import { delay, until } from '../kill9/patience.ts'
import { openDevice } from '../kill9/devices.ts'
import { makePromiseBook } from '../promises.ts'
import type { PromiseBook } from '../promises.ts'
import { makeRelayProcess } from '../kill9/relay-process.ts'
import type { RelayProcess } from '../kill9/relay-process.ts'
import { makeStock, overCopy } from '../kill9/stock.ts'
import { gatherTeam } from '../kill9/team.ts'
import type { Team } from '../kill9/team.ts'
import { mountTinyDisk } from './tiny-disk.ts'

const slowMs = 240_000 // processes of Node on a busy machine; nothing waits for it
const silent = { connected: () => undefined, frame: () => undefined }

let folder: string
let ends: (() => unknown)[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-faults-'))
  ends = []
})
afterEach(async () => {
  for (const end of ends.toReversed()) await end()
  await rm(folder, { recursive: true, force: true })
}, slowMs)

interface Works {
  readonly relay: RelayProcess
  readonly team: Team
  readonly book: PromiseBook
}

async function openWorks(dataFolder: string): Promise<Works> {
  const relay = await makeRelayProcess({ dataFolder })
  ends.push(async () => relay.kill())
  await relay.start()
  const book = makePromiseBook()
  const team = await gatherTeam(relay, ['Alice', 'Bob'], async (name) => openDevice({ name, book, events: silent }))
  ends.push(async () => Promise.all(team.devices.map(async (device) => device.close())))
  return { relay, team, book }
}

const unsentOf = (devices: readonly Device[]): number => devices.reduce((sum, { replica }) => sum + replica.connection.read().unsent, 0)

async function write({ team }: Works, text: string): Promise<void> {
  for (const { name, replica } of team.devices) await replica.send(team.channel, `${name} ${text}`)
}

const statusOf = async ({ origin }: RelayProcess, path: string): Promise<number> => (await fetch(origin + path)).status

async function countOf({ origin }: RelayProcess, name: string): Promise<number> {
  return Number(new RegExp(`^poruch_${name} (\\d+)$`, 'mu').exec(await (await fetch(`${origin}/metrics`)).text())?.[1] ?? 0)
}

test(
  '[FA1] on a full disk the relay acknowledges nothing more, reads on, goes on by itself when there is room, and has lost nothing',
  { timeout: slowMs },
  async () => {
    const disk = await mountTinyDisk(join(folder, 'disk'), 1024)
    ends.push(() => disk.unmount())
    const ballast = join(disk.path, 'ballast')
    await writeFile(ballast, new Uint8Array(400 * 1024))
    const works = await openWorks(disk.path)
    const { relay, team, book } = works
    const text = 'x'.repeat(8_000)
    const isSent = (): boolean => unsentOf(team.devices) === 0
    for (let round = 1; (await statusOf(relay, '/api/health')) === 200; round++) {
      // No more than the disk lacks: all of it must fit in the end.
      if (isSent()) await write(works, `${round} ${text}`)
      await delay(50)
    }
    const kept = book.envelopes.length
    expect(kept).toBeGreaterThan(0)
    expect(unsentOf(team.devices)).toBeGreaterThan(0)
    // What was not written is not acknowledged, and what was, is still read.
    await write(works, 'while it is full')
    expect([await statusOf(relay, '/api/relay'), await statusOf(relay, '/metrics')]).toEqual([200, 200])
    expect(await overCopy(relay.dataFolder, async (log) => makeStock().look(log, book)).catch(String)).toEqual([])
    await rm(ballast)
    // Devices whose chains were refused try again after longer and longer rests.
    await until('all is acknowledged', isSent).catch(async () => until('all is acknowledged', isSent))
    expect(await statusOf(relay, '/api/health')).toBe(200)
    await relay.kill()
    expect(book.envelopes.length).toBeGreaterThan(kept)
    expect(await overCopy(relay.dataFolder, async (log) => makeStock().look(log, book))).toEqual([])
  },
)

test(
  '[FA2] envelopes that were damaged on the relay’s disk are never handed out, and brought again by those who have them',
  { timeout: slowMs },
  async () => {
    const works = await openWorks(join(folder, 'relay'))
    const { relay, team, book } = works
    for (let n = 1; n <= 10; n++) await write(works, `letter ${n}`)
    await until('all is acknowledged', () => unsentOf(team.devices) === 0)
    await relay.stop()
    const damaged = book.envelopes.slice(-9).filter((_, index) => index % 3 === 0)
    const path = join(relay.dataFolder, 'relay.db')
    const bytes = await readFile(path)
    for (const envelope of damaged) {
      const at = bytes.indexOf(Buffer.from(envelope.bytes, 'hex'))
      expect(at).toBeGreaterThan(0)
      bytes[at + 40] = (bytes[at + 40] ?? 0) ^ 1
    }
    await writeFile(path, bytes)
    await relay.start()
    for (const device of team.devices) device.retry()
    let again = 0
    await until('they are there again', () => {
      void countOf(relay, 'appends_total').then((count) => (again = count))
      return again >= damaged.length
    })
    expect(await countOf(relay, 'lost_total')).toBeGreaterThan(0)
    await relay.kill()
    const log = await openSqliteRelayLog({ path })
    const there = await envelopesOf(log, new Set(book.envelopes.map(({ topic }) => topic as TopicId)))
    await log.close()
    expect(book.envelopes.filter((envelope) => !there.includes(envelope.bytes))).toEqual([])
    expect(new Set(there).size).toBe(there.length)
  },
)

async function envelopesOf(log: RelayLog, topics: ReadonlySet<TopicId>): Promise<readonly string[]> {
  const rows = await Promise.all([...topics].map(async (topic) => log.read(topic, 0, 10_000)))
  return rows.flat().map((row) => toHex(row.bytes))
}
