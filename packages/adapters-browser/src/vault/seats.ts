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

export async function deleteSeat(profile: string, generation: number): Promise<void> {
  await deleteDB(nameOf(profile, generation))
}

async function openSeat(profile: string, generation: number) {
  return openDB<SeatSchema>(nameOf(profile, generation), 1, {
    upgrade: (database) => {
      database.createObjectStore('seat')
    },
  })
}
