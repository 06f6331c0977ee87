/** Where the vault's key lies: a small database of its own, so that a key that must go leaves with its whole file or range of the disk. */
import type { Bytes } from '@poruch/base'
import { SyncError } from '@poruch/sync/wire'
import { deleteDB, openDB } from 'idb'
import type { DBSchema } from 'idb'
import { durable } from '../database.ts'

/** The key as it is, for a profile without a passphrase, or wrapped. */
export type Seat = { readonly kind: 'open'; readonly handle: unknown } | { readonly kind: 'wrapped'; readonly bytes: Bytes }

interface SeatSchema extends DBSchema {
  seat: { key: string; value: Seat }
}

function nameOf(profile: string, generation: number): string {
  return `${profile} key ${generation}`
}

/** Null where there is none. */
export async function readSeat(profile: string, generation: number): Promise<Seat | null> {
  const database = await openSeat(profile, generation)
  try {
    return (await database.get('seat', 'seat')) ?? null
  } finally {
    database.close()
  }
}

/** On the disk when it resolves. @throws SyncError `disk-full` */
export async function writeSeat(profile: string, generation: number, seat: Seat): Promise<void> {
  const database = await openSeat(profile, generation)
  try {
    const transaction = database.transaction('seat', 'readwrite', durable)
    await Promise.all([transaction.store.put(seat, 'seat'), transaction.done])
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'QuotaExceededError')
      throw new SyncError('disk-full', 'no room for the key', { cause: thrown })
    throw thrown
  } finally {
    database.close()
  }
}

/**
 * Takes the seat off the disk as well, as far as a page can. Chromium deletes by writing that something is deleted; LevelDB drops the old
 * bytes when it merges the table that holds them with one of a higher level, and a table written before the deletion is merged by the
 * deletion itself. So tables are written before, and again after, since files that are done with are removed by the next writing.
 * Seen in the files of Chromium 156; `npm run canary` looks whether it still holds. Other browsers keep each database in a file.
 */
export async function deleteSeat(profile: string, generation: number): Promise<void> {
  for (let count = 0; count < flushesBefore; count++) await flushTables(profile)
  await deleteDB(nameOf(profile, generation))
  for (let count = 0; count < flushesAfter; count++) await flushTables(profile)
}

const flushesBefore = 2
const flushesAfter = 3

/** Deleting a database has Chromium write out its tables; this one is there for that alone. */
async function flushTables(profile: string): Promise<void> {
  const name = `${profile} flush`
  const database = await openDB(name, 1, {
    upgrade: (fresh) => {
      fresh.createObjectStore('nothing')
    },
  })
  try {
    await database.put('nothing', 0, 'nothing')
  } finally {
    database.close()
  }
  await deleteDB(name)
}

async function openSeat(profile: string, generation: number) {
  return openDB<SeatSchema>(nameOf(profile, generation), 1, {
    upgrade: (database) => {
      database.createObjectStore('seat')
    },
  })
}
