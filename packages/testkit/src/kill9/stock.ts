/** Looks into the relay's database for all that the relay has promised to keep. */
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { codeOf, toHex } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import type { RelayLog, RelayRow } from '@poruch/sync/relay-log'
import type { KeptEntry, Promises } from '../promises.ts'

const pageRows = 512

/** Of what was promised: one line for each that is not there, once, at its place. */
export interface Stock {
  /** Looks at what came since the last look, and that what was there still is. */
  look(log: RelayLog, promises: Promises): Promise<readonly string[]>
}

interface Shelf {
  readonly topic: TopicId
  /** How often the bytes are there. */
  readonly counts: Map<string, number>
  /** The end of each device's chain. */
  readonly chains: Map<string, number>
  last: RelayRow | null
}

/** With a new one the first look is a look at everything. */
export function makeStock(): Stock {
  const shelves = new Map<string, Shelf>()
  const looked = { envelopes: 0, entries: 0 }
  return {
    look: async (log, { envelopes, entries }) => {
      const faults: string[] = []
      for (const { topic } of envelopes) {
        if (!shelves.has(topic)) shelves.set(topic, { topic: topic as TopicId, counts: new Map(), chains: new Map(), last: null })
      }
      for (const shelf of shelves.values()) faults.push(...(await refill(shelf, log)))
      for (let index = looked.envelopes; index < envelopes.length; index++) {
        const { topic = '', bytes = '' } = envelopes[index] ?? {}
        const count = shelves.get(topic)?.counts.get(bytes) ?? 0
        if (count !== 1) faults.push(`envelope ${index + 1} of ${topic.slice(0, 8)} was acknowledged and is there ${count} times`)
      }
      for (const entry of entries.slice(looked.entries)) faults.push(...(await judgeEntry(log, entry)))
      looked.envelopes = envelopes.length
      looked.entries = entries.length
      return faults
    },
  }
}

/** Takes the rows that are new. */
async function refill(shelf: Shelf, log: RelayLog): Promise<readonly string[]> {
  const faults: string[] = []
  const name = shelf.topic.slice(0, 8)
  const before = shelf.last
  if (before && (await log.at(shelf.topic, before.relaySeq))?.id !== before.id)
    faults.push(`${name} has lost its end at ${before.relaySeq}`)
  for (;;) {
    const rows = await log.read(shelf.topic, shelf.last?.relaySeq ?? 0, pageRows)
    for (const row of rows) faults.push(...take(shelf, row).map((fault) => `${name}: ${fault}`))
    if (rows.length < pageRows) return faults
  }
}

function take(shelf: Shelf, row: RelayRow): readonly string[] {
  const faults: string[] = []
  const end = shelf.chains.get(row.device) ?? 0
  if (row.relaySeq !== (shelf.last?.relaySeq ?? 0) + 1) faults.push(`a hole before ${row.relaySeq}`)
  if (row.deviceSeq !== end + 1) faults.push(`${row.deviceSeq} follows ${end} of ${row.device.slice(0, 8)}`)
  const bytes = toHex(row.bytes)
  shelf.counts.set(bytes, (shelf.counts.get(bytes) ?? 0) + 1)
  shelf.chains.set(row.device, row.deviceSeq)
  shelf.last = row
  return faults
}

async function judgeEntry(log: RelayLog, { scope, pos, bytes }: KeptEntry): Promise<readonly string[]> {
  const [row] = await log.readScope(scope, pos, 1)
  return row?.pos === pos && toHex(row.record) === bytes ? [] : [`the entry ordered at ${pos} is not there`]
}

/**
 * Runs the work over a copy of what a killed relay has left, so that the relay itself recovers it at its next start.
 * A copy that cannot be opened is a fault like any other.
 */
export async function overCopy(dataFolder: string, work: (log: RelayLog) => Promise<readonly string[]>): Promise<readonly string[]> {
  const folder = `${dataFolder}-copy`
  await mkdir(folder, { recursive: true })
  try {
    // A database that was never written to has no log beside it.
    await copyFile(join(dataFolder, 'relay.db'), join(folder, 'relay.db'))
    await copyFile(join(dataFolder, 'relay.db-wal'), join(folder, 'relay.db-wal')).catch(() => undefined)
    const log = await openSqliteRelayLog({ path: join(folder, 'relay.db') })
    try {
      return await work(log)
    } finally {
      await log.close()
    }
  } catch (thrown) {
    return [`the database cannot be read: ${codeOf(thrown)}`]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
