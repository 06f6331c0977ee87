import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { toHex } from '@poruch/base'
import type { DeviceId } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import { expect, test } from 'vitest'
import { relayRow as anyRow } from '../contract/relay-log.ts'
import { makeMemoryRelayLog } from '../memory/relay-log.ts'
import type { Promises } from '../promises.ts'
import { makeStock, overCopy } from './stock.ts'

const alice = 'aa'.repeat(32) as DeviceId
const bob = 'bb'.repeat(32) as DeviceId

/** Its bytes are its own. */
function relayRow(device: DeviceId, deviceSeq: number) {
  return { ...anyRow(device, deviceSeq), bytes: Uint8Array.of(deviceSeq, device === alice ? 1 : 2) }
}

function promised(...rows: readonly ReturnType<typeof relayRow>[]): Promises {
  return { envelopes: rows.map((row) => ({ topic: row.topic, bytes: toHex(row.bytes) })), entries: [] }
}

async function logOf(...rows: readonly ReturnType<typeof relayRow>[]): Promise<RelayLog> {
  const log = makeMemoryRelayLog()
  for (const row of rows) await log.append(row)
  return log
}

/** A log whose rows are as given, whatever a real one would say to that. */
async function forged(change: (rows: Awaited<ReturnType<RelayLog['read']>>) => Awaited<ReturnType<RelayLog['read']>>): Promise<RelayLog> {
  const log = await logOf(relayRow(alice, 1), relayRow(alice, 2), relayRow(bob, 1))
  return { ...log, read: async (of, after, limit) => change(await log.read(of, 0, limit)).filter(({ relaySeq }) => relaySeq > after) }
}

test('[KI2] all that was acknowledged is found, at the first look and at later ones', async () => {
  const log = await logOf(relayRow(alice, 1), relayRow(bob, 1))
  const stock = makeStock()
  expect(await stock.look(log, promised(relayRow(alice, 1)))).toEqual([])
  await log.append(relayRow(alice, 2))
  expect(await stock.look(log, promised(relayRow(alice, 1), relayRow(alice, 2)))).toEqual([])
  expect(await makeStock().look(log, promised(relayRow(alice, 2), relayRow(bob, 1)))).toEqual([])
})

test('[KI2] an acknowledged envelope that is not there is named', async () => {
  const log = await logOf(relayRow(alice, 1))
  expect(await makeStock().look(log, promised(relayRow(alice, 1), relayRow(alice, 2)))).toEqual([
    'envelope 2 of a1a1a1a1 was acknowledged and is there 0 times',
  ])
})

test('[KI2] an envelope that is there twice, out of its chain, or behind a hole is named', async () => {
  const twice = await forged((rows) => [...rows, { ...(rows[0] ?? rows.at(-1)!), relaySeq: 4, deviceSeq: 3 }])
  expect(await makeStock().look(twice, promised(relayRow(alice, 1)))).toEqual([
    'envelope 1 of a1a1a1a1 was acknowledged and is there 2 times',
  ])
  const swapped = await forged((rows) => rows.map((row) => (row.device === alice ? { ...row, deviceSeq: 3 - row.deviceSeq } : row)))
  expect((await makeStock().look(swapped, promised(relayRow(bob, 1)))).join()).toMatch(/2 follows 0 of aaaaaaaa/u)
  const holed = await forged((rows) => rows.filter(({ relaySeq }) => relaySeq !== 2))
  expect((await makeStock().look(holed, promised(relayRow(bob, 1)))).join()).toMatch(/a hole before 3/u)
})

test('[KI2] what was there at an earlier look and is gone is named', async () => {
  const stock = makeStock()
  await stock.look(await logOf(relayRow(alice, 1), relayRow(alice, 2)), promised(relayRow(alice, 1)))
  expect(await stock.look(await logOf(relayRow(alice, 1)), promised(relayRow(alice, 1)))).toEqual(['a1a1a1a1 has lost its end at 2'])
})

test('[KI3] an ordered entry that is missing or another one is named', async () => {
  const log = makeMemoryRelayLog()
  await log.appendScope([{ scope: 's', pos: 0, record: Uint8Array.of(7) }])
  const at = (pos: number, bytes: string): Promises => ({ envelopes: [], entries: [{ scope: 's', pos, bytes }] })
  expect(await makeStock().look(log, at(0, '07'))).toEqual([])
  expect(await makeStock().look(log, at(0, '08'))).toEqual(['the entry ordered at 0 is not there'])
  expect(await makeStock().look(log, at(1, '07'))).toEqual(['the entry ordered at 1 is not there'])
})

test('[KI2] the look at a database is a look at a copy; one that cannot be read is a fault', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poruch-stock-'))
  try {
    const data = join(folder, 'relay')
    await mkdir(data)
    const held = await openSqliteRelayLog({ path: join(data, 'relay.db') })
    await held.append(relayRow(alice, 1))
    // It is open all the time, with the row in its write-ahead log, as after SIGKILL.
    expect(await overCopy(data, async (log) => makeStock().look(log, promised(relayRow(alice, 1), relayRow(alice, 2))))).toEqual([
      'envelope 2 of a1a1a1a1 was acknowledged and is there 0 times',
    ])
    await held.close()
    await writeFile(join(data, 'relay.db'), 'x'.repeat(4096))
    expect(await overCopy(data, async () => [])).toEqual(['the database cannot be read: not-a-database'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
