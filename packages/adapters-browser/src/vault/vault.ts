/** The vault of one profile: its key, readable or behind a passphrase, and the count of its locks, which all tabs compare with theirs. */
import { makeEmitter } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import { deleteDB } from 'idb'
import { durable, inDatabase, openDatabase, settle } from '../database.ts'
import type { Database } from '../database.ts'
import { AdapterError } from '../errors.ts'
import { deleteSeat, readSeat, writeSeat } from './seats.ts'
import type { Seat } from './seats.ts'
import { makeTries } from './tries.ts'

/** The ciphers, of which this package knows none. */
export interface VaultCipher {
  /** A handle that structured clone keeps. */
  generate(): Promise<unknown>
  wrap(handle: unknown, passphrase: string): Promise<Bytes>
  /** Null for another passphrase. */
  unwrap(wrapped: Bytes, passphrase: string): Promise<unknown>
}

/** `older`: a profile of the first version of the database, with keys that no passphrase can be put on. */
export type VaultContent = { readonly kind: 'open' | 'older'; readonly handle: unknown } | { readonly kind: 'locked' }

export interface PassphraseChange {
  /** Null where there is none yet. */
  readonly current: string | null
  /** Null to have none. */
  readonly next: string | null
}

export interface Vault {
  /** The key, if no passphrase keeps it; made by the first who asks, and the same in all tabs. @throws AdapterError `damaged-record` when the key is gone */
  content(): Promise<VaultContent>
  /** The key's handle. Counts as a guess. @throws AdapterError `wrong-passphrase` | `too-many-tries` | `damaged-record` */
  unlock(passphrase: string): Promise<unknown>
  /** When {@link unlock} takes the next guess, in milliseconds of the clock. */
  retryAtMs(): Promise<number>
  /** All or nothing, whatever crashes. @throws AdapterError `wrong-passphrase` | `too-many-tries` | `older-profile`; SyncError `disk-full` */
  changePassphrase(change: PassphraseChange): Promise<void>
  /** How often this profile was locked. */
  term(): Promise<number>
  /** Counts one lock more, and tells the other tabs. */
  lock(): Promise<void>
  /** Calls `locked` when another tab has locked. */
  onLocked(locked: () => void): () => void
  /** Handles that an earlier version kept. */
  loadOlderKey(name: string): Promise<unknown>
  /** Deletes the key, then all else of the profile, and tells the other tabs. Nothing brings it back. */
  erase(): Promise<void>
  close(): void
}

export interface VaultOptions {
  readonly name: string
  readonly cipher: VaultCipher
  readonly clock: Clock
}

/** Which generation of the seat counts; not tidy while others may be there. */
interface Pointer {
  readonly generation: number
  readonly isTidy: boolean
}

interface Parts {
  readonly name: string
  readonly cipher: VaultCipher
  readonly database: Database
}

/** @throws AdapterError `newer-version` | `store-unavailable`; SyncError `disk-full` */
export async function openVault({ name, cipher, clock }: VaultOptions): Promise<Vault> {
  const database = await openDatabase(name)
  const parts: Parts = { name, cipher, database }
  const tries = makeTries(database, clock)
  const locks = openLockChannel(name)
  database.onClosed(locks.close)
  const alone = <T>(task: () => Promise<T>): Promise<T> => navigator.locks.request(`poruch-vault ${name}`, task)
  return {
    content: () => alone(async () => contentOf(await readPresent(parts))),
    unlock: (passphrase) => alone(async () => tries.guess(async () => keyOf(cipher, await readPresent(parts), passphrase))),
    retryAtMs: tries.retryAtMs,
    changePassphrase: (change) =>
      alone(async () => {
        const seat = await readPresent(parts)
        if (seat.kind === 'older') throw new AdapterError('older-profile', 'the keys of this profile cannot be wrapped')
        const handle = seat.kind === 'open' ? seat.handle : await tries.guess(async () => keyOf(cipher, seat, change.current ?? ''))
        const { next } = change
        await moveSeat(parts, next === null ? { kind: 'open', handle } : { kind: 'wrapped', bytes: await cipher.wrap(handle, next) })
      }),
    term: () => inDatabase(database, async (connection) => ((await connection.get('vault', 'term')) ?? 0) as number),
    lock: async () => {
      await countLock(database)
      locks.tell()
    },
    onLocked: locks.onLocked,
    loadOlderKey: (key) => inDatabase(database, async (connection) => (await connection.get('keys', key)) ?? null),
    erase: () =>
      alone(async () => {
        const pointer = await readPointer(database)
        await countLock(database)
        locks.tell()
        if (pointer) await deleteAround(name, pointer.generation, [0, -1, 1])
        database.close()
        await deleteDB(name)
      }),
    close: database.close,
  }
}

type Present = Seat | { readonly kind: 'older'; readonly handle: unknown }

function contentOf(seat: Present): VaultContent {
  return seat.kind === 'wrapped' ? { kind: 'locked' } : seat
}

async function keyOf(cipher: VaultCipher, seat: Present, passphrase: string): Promise<unknown> {
  // Another tab may have taken the passphrase away meanwhile.
  return seat.kind === 'wrapped' ? cipher.unwrap(seat.bytes, passphrase) : seat.handle
}

/** What counts; made when there is nothing. What a crash has left beside it is deleted. */
async function readPresent({ name, cipher, database }: Parts): Promise<Present> {
  const pointer = await readPointer(database)
  if (!pointer) {
    const older = await inDatabase(database, (connection) => connection.get('keys', 'at-rest'))
    if (older !== undefined) return { kind: 'older', handle: older }
    const seat: Seat = { kind: 'open', handle: await cipher.generate() }
    await writeSeat(name, 1, seat)
    await writePointer(database, { generation: 1, isTidy: true })
    return seat
  }
  if (!pointer.isTidy) await tidy(name, database, pointer.generation)
  const seat = await readSeat(name, pointer.generation)
  if (!seat) throw new AdapterError('damaged-record', 'the key of the vault is gone')
  return seat
}

/** At every moment exactly one generation counts, and it is whole. */
async function moveSeat({ name, database }: Parts, seat: Seat): Promise<void> {
  const { generation } = (await readPointer(database)) ?? { generation: 0 }
  await writePointer(database, { generation, isTidy: false })
  await writeSeat(name, generation + 1, seat)
  await writePointer(database, { generation: generation + 1, isTidy: false })
  await tidy(name, database, generation + 1)
}

async function tidy(name: string, database: Database, generation: number): Promise<void> {
  await deleteAround(name, generation, [-1, 1])
  await writePointer(database, { generation, isTidy: true })
}

async function deleteAround(name: string, generation: number, steps: readonly number[]): Promise<void> {
  for (const step of steps) if (generation + step > 0) await deleteSeat(name, generation + step)
}

async function readPointer(database: Database): Promise<Pointer | undefined> {
  return inDatabase(database, async (connection) => (await connection.get('vault', 'seat')) as Pointer | undefined)
}

async function writePointer(database: Database, pointer: Pointer): Promise<void> {
  await inDatabase(database, async (connection) => {
    const transaction = connection.transaction('vault', 'readwrite', durable)
    await settle(transaction, () => [transaction.store.put(pointer, 'seat')])
  })
}

async function countLock(database: Database): Promise<void> {
  await inDatabase(database, async (connection) => {
    const transaction = connection.transaction('vault', 'readwrite', durable)
    const term = ((await transaction.store.get('term')) ?? 0) as number
    await settle(transaction, () => [transaction.store.put(term + 1, 'term')])
  })
}

/** The message is a hint to look; who slept through it compares terms. */
function openLockChannel(name: string) {
  const locked = makeEmitter<void>()
  const channel = new BroadcastChannel(`poruch-vault ${name}`)
  channel.addEventListener('message', () => {
    locked.emit()
  })
  return {
    tell: (): void => {
      channel.postMessage('locked')
    },
    onLocked: locked.subscribe,
    close: (): void => {
      channel.close()
    },
  }
}
