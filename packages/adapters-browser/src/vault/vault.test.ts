import 'fake-indexeddb/auto'
import { encodeUtf8, parseUtf8 } from '@poruch/base'
import { expect, test, vi } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import { firstUnlockWaitMs, freeUnlockTries, maxUnlockWaitMs, unlockWaitMs } from './tries.ts'
import { openVault } from './vault.ts'
import type { Vault, VaultCipher } from './vault.ts'

let made = 0
/** Stands for ciphers: shows who can open what. */
const cipher: VaultCipher = {
  generate: async () => ({ secret: `key ${++made}` }),
  wrap: async (handle, passphrase) => encodeUtf8(JSON.stringify({ handle, passphrase })),
  unwrap: async (wrapped, passphrase) => {
    const content = JSON.parse(parseUtf8(wrapped) ?? '') as { handle: unknown; passphrase: string }
    return content.passphrase === passphrase ? content.handle : null
  },
}

let places = 0
function makePlace() {
  const name = `vault-${++places}`
  const clock = makeHandClock()
  const opened: Vault[] = []
  return {
    name,
    clock,
    open: async () => {
      const vault = await openVault({ name, cipher, clock })
      opened.push(vault)
      return vault
    },
    close: () => {
      for (const vault of opened) vault.close()
    },
  }
}

async function databaseNames(name: string): Promise<readonly string[]> {
  return (await indexedDB.databases()).flatMap((one) => (one.name?.startsWith(name) ? [one.name] : [])).toSorted()
}

test('[AB10] two tabs that start a profile at once have the same key, and it is there after a restart', async () => {
  const place = makePlace()
  const [first, second] = [await place.open(), await place.open()]
  const [one, other] = await Promise.all([first.content(), second.content()])
  expect(one).toMatchObject({ kind: 'open' })
  expect(other).toEqual(one)
  place.close()
  expect(await (await place.open()).content()).toEqual(one)
  place.close()
})

test('[AB60] behind a passphrase the same key opens with that one alone, and no database with the readable key is left', async () => {
  const place = makePlace()
  const vault = await place.open()
  const before = await vault.content()
  const { handle } = before as { handle: unknown }
  await vault.changePassphrase({ current: null, next: 'first' })
  expect(await databaseNames(place.name)).toEqual([place.name, `${place.name} key 2`])
  place.close()
  const again = await place.open()
  expect(await again.content()).toEqual({ kind: 'locked' })
  await expect(again.unlock('wrong')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  expect(await again.unlock('first')).toEqual(handle)
  await again.changePassphrase({ current: 'first', next: 'second' })
  await expect(again.unlock('first')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  expect(await again.unlock('second')).toEqual(handle)
  await expect(again.changePassphrase({ current: 'first', next: null })).rejects.toMatchObject({ code: 'wrong-passphrase' })
  await again.changePassphrase({ current: 'second', next: null })
  expect(await again.content()).toEqual(before)
  expect(await databaseNames(place.name)).toEqual([place.name, `${place.name} key 4`])
  place.close()
})

/** Lets so many writes and deletions reach the disk, then none. */
function crashAfter(steps: number): { readonly crashed: () => boolean; readonly restore: () => void } {
  let left = steps
  const step = (): void => {
    if (left <= 0) throw new Error('crashed')
    left--
  }
  // eslint-disable-next-line typescript/unbound-method -- called with its object below
  const { put } = IDBObjectStore.prototype
  const remove = indexedDB.deleteDatabase.bind(indexedDB)
  const puts = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: unknown, key) {
    step()
    return put.call(this, value, key)
  })
  const removals = vi.spyOn(indexedDB, 'deleteDatabase').mockImplementation((name) => {
    step()
    return remove(name)
  })
  return {
    crashed: () => left <= 0,
    restore: () => {
      puts.mockRestore()
      removals.mockRestore()
    },
  }
}

const changes = [
  { what: 'set', current: null, next: 'new' },
  { what: 'changed', current: 'old', next: 'new' },
  { what: 'removed', current: 'old', next: null },
] as const

test.each(changes)(
  '[AB61] a crash at any step while a passphrase is $what leaves the old or the new state, whole and tidy',
  async (change) => {
    const ends = new Set<string>()
    for (let steps = 0, isDone = false; !isDone; steps++) {
      const place = makePlace()
      const vault = await place.open()
      const { handle } = (await vault.content()) as { handle: unknown }
      if (change.current !== null) await vault.changePassphrase({ current: null, next: change.current })
      const crash = crashAfter(steps)
      isDone = await vault.changePassphrase(change).then(
        () => true,
        () => false,
      )
      crash.restore()
      place.close()
      const restarted = await place.open()
      const content = await restarted.content()
      if (content.kind === 'locked') {
        const opens = await Promise.all(
          ['old', 'new'].map(async (passphrase) => ((await restarted.unlock(passphrase).catch(() => null)) === null ? '' : passphrase)),
        )
        ends.add(opens.join(''))
        expect(opens.filter(Boolean)).toHaveLength(1)
        expect(await restarted.unlock(opens.join(''))).toEqual(handle)
      } else {
        ends.add('none')
        expect(content.handle).toEqual(handle)
      }
      expect(await databaseNames(place.name)).toHaveLength(2)
      place.close()
      expect(steps).toBeLessThan(40)
    }
    expect(ends).toEqual(new Set([change.current ?? 'none', change.next ?? 'none']))
  },
)

test('[AB62] three wrong guesses are free; then each costs twice the wait of the one before, up to five minutes', () => {
  const waits = Array.from({ length: 20 }, (_, failures) => unlockWaitMs(failures))
  expect(waits.slice(0, freeUnlockTries)).toEqual([0, 0, 0])
  expect(waits.slice(freeUnlockTries, freeUnlockTries + 3)).toEqual([firstUnlockWaitMs, 2 * firstUnlockWaitMs, 4 * firstUnlockWaitMs])
  expect(Math.max(...waits)).toBe(maxUnlockWaitMs)
})

async function openGuessed() {
  const place = makePlace()
  const vault = await place.open()
  await vault.changePassphrase({ current: null, next: 'right' })
  for (let guess = 0; guess < freeUnlockTries; guess++)
    await expect(vault.unlock('wrong')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  return { place, vault }
}

test('[AB62] guesses that come too early are not looked at, over restarts too; the right one starts the count anew', async () => {
  const { place, vault } = await openGuessed()
  place.close()
  const restarted = await place.open()
  await expect(restarted.unlock('right')).rejects.toMatchObject({ code: 'too-many-tries' })
  expect(await restarted.retryAtMs()).toBe(place.clock.now() + firstUnlockWaitMs)
  await place.clock.pass(firstUnlockWaitMs)
  expect(await restarted.unlock('right')).toBeTruthy()
  await expect(restarted.unlock('wrong')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  expect(await restarted.unlock('right')).toBeTruthy()
  expect(() => vault.onLocked(() => undefined)).not.toThrow()
  place.close()
})

test('[AB62] a guess is counted before it is looked at: who cuts it off has used it up', async () => {
  const place = makePlace()
  const vault = await place.open()
  await vault.changePassphrase({ current: null, next: 'right' })
  const hanging = await openVault({
    name: place.name,
    cipher: { ...cipher, unwrap: async () => Promise.reject(new Error('the tab was closed')) },
    clock: place.clock,
  })
  for (let guess = 0; guess < freeUnlockTries; guess++) await expect(hanging.unlock('right')).rejects.toThrow('closed')
  await expect(vault.unlock('right')).rejects.toMatchObject({ code: 'too-many-tries' })
  hanging.close()
  place.close()
})

test('[AB62] a clock that was set back makes nobody wait longer than the guesses cost', async () => {
  const { place } = await openGuessed()
  place.close()
  const past = { ...place.clock, now: () => place.clock.now() - 86_400_000 }
  const vault = await openVault({ name: place.name, cipher, clock: past })
  expect((await vault.retryAtMs()) - past.now()).toBe(firstUnlockWaitMs)
  vault.close()
})

test('[AB63] a lock is counted on the disk and told to the other tabs', async () => {
  const place = makePlace()
  const [first, second] = [await place.open(), await place.open()]
  const told = new Promise<void>((resolve) => {
    second.onLocked(resolve)
  })
  expect(await second.term()).toBe(0)
  await first.lock()
  await told
  expect(await second.term()).toBe(1)
  place.close()
  expect(await (await place.open()).term()).toBe(1)
  place.close()
})

test('[AB64] erasing deletes every database of the profile, and the next start makes another key', async () => {
  const place = makePlace()
  const vault = await place.open()
  const before = await vault.content()
  await vault.changePassphrase({ current: null, next: 'forgotten' })
  await vault.erase()
  expect(await databaseNames(place.name)).toEqual([])
  const after = await (await place.open()).content()
  expect(after.kind).toBe('open')
  expect(after).not.toEqual(before)
  place.close()
})

test('[AB65] a profile of the first version opens with its own key, and takes no passphrase', async () => {
  const place = makePlace()
  const raw = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(place.name, 1)
    request.addEventListener('upgradeneeded', () => {
      for (const store of ['envelopes', 'heads', 'cursors', 'records', 'counters', 'keys']) request.result.createObjectStore(store)
    })
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('not opened')))
  })
  await new Promise((resolve) => {
    const transaction = raw.transaction('keys', 'readwrite')
    transaction.objectStore('keys').put('records key', 'at-rest')
    transaction.objectStore('keys').put('signing key', 'device-signing/aa')
    transaction.addEventListener('complete', resolve)
  })
  raw.close()
  const vault = await place.open()
  expect(await vault.content()).toEqual({ kind: 'older', handle: 'records key' })
  expect([await vault.loadOlderKey('device-signing/aa'), await vault.loadOlderKey('none')]).toEqual(['signing key', null])
  await expect(vault.changePassphrase({ current: null, next: 'x' })).rejects.toMatchObject({ code: 'older-profile' })
  expect(await vault.content()).toEqual({ kind: 'older', handle: 'records key' })
  place.close()
})

test('[AB66] a vault whose key is gone says so, and makes no other key over what is there', async () => {
  const place = makePlace()
  const vault = await place.open()
  await vault.content()
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(`${place.name} key 1`).addEventListener('success', resolve)
  })
  for (let start = 0; start < 2; start++) await expect(vault.content()).rejects.toMatchObject({ code: 'damaged-record' })
  place.close()
})
