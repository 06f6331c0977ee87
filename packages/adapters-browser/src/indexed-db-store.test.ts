import 'fake-indexeddb/auto'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { encodeUtf8 } from '@poruch/base'
import { logRow, logStoreContract } from '@poruch/testkit/contract'
import { expect, test, vi } from 'vitest'
import { openIndexedDbStore } from './index.ts'
import type { Sealer } from './index.ts'

const topic = 'a1'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId
const mark = 0xa5

/** Stands for a cipher: what was not sealed by it does not open. */
const sealer: Sealer = {
  seal: (plain) => Promise.resolve(Uint8Array.of(mark, ...plain.map((byte) => byte ^ mark))),
  open: (sealed) => Promise.resolve(sealed[0] === mark ? sealed.slice(1).map((byte) => byte ^ mark) : null),
}

let places = 0
async function openPlace() {
  places++
  const name = `place-${places}`
  return { name, store: await openIndexedDbStore({ name, seal: sealer }) }
}

function openRaw(name: string, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version)
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('not opened')))
  })
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('failed')))
  })
}

logStoreContract('IndexedDB', (name) => openIndexedDbStore({ name, seal: sealer }))

test('[AB1] asks for strict durability on every write transaction', async () => {
  const { store } = await openPlace()
  const asked = vi.spyOn(IDBDatabase.prototype, 'transaction')
  await store.append(topic, 0, logRow(alice, 1))
  await store.setState(topic, alice, 1, 'opened')
  await store.setCursor('relay', topic, { seq: 1, id: null, holds: {} })
  await store.putRecords([{ collection: 'c', key: 'k', value: Uint8Array.of(1) }])
  await store.nextCount('n')
  const writes = asked.mock.calls.filter(([, mode]) => mode === 'readwrite')
  asked.mockRestore()
  expect(writes).toHaveLength(5)
  expect(writes.map(([, , options]) => options?.durability)).toEqual(writes.map(() => 'strict'))
  await store.close()
})

test('[AB2] writes a head in the transaction of its envelope', async () => {
  const { store } = await openPlace()
  const asked = vi.spyOn(IDBDatabase.prototype, 'transaction')
  await store.append(topic, 0, logRow(alice, 1))
  const stores = asked.mock.calls.map(([names]) => names)
  asked.mockRestore()
  expect(stores).toEqual([['envelopes', 'heads']])
  await store.close()
})

test('[AB67] what is appended or counted at once shares a transaction', async () => {
  const { store } = await openPlace()
  const topics = Array.from({ length: 100 }, (_, index) => index.toString(16).padStart(64, '0') as TopicId)
  const asked = vi.spyOn(IDBDatabase.prototype, 'transaction')
  const took = async (work: (each: TopicId) => Promise<unknown>): Promise<number> => {
    asked.mockClear()
    await Promise.all(topics.map(work))
    return asked.mock.calls.length
  }
  expect(await took(async (each) => store.append(each, 0, logRow(alice, 1)))).toBe(1)
  expect(await took(async (each) => store.nextCount(each))).toBe(1)
  asked.mockRestore()
  for (const each of topics) expect(await store.heads(each)).toMatchObject([{ device: alice, seq: 1 }])
  await store.close()
})

test('[AB67] each of those that share a transaction has its own answer', async () => {
  const { store } = await openPlace()
  const [first, second, other] = [logRow(alice, 1), logRow(alice, 2), { ...logRow(alice, 2), id: 'ff'.repeat(32) as EnvelopeId }]
  const answers = await Promise.all([
    store.append(topic, 0, first),
    store.append(topic, 1, second),
    store.append(topic, 1, other),
    store.append(topic, 0, first),
    store.append(topic, 4, logRow(alice, 5)),
  ])
  expect(answers).toEqual(['appended', 'appended', 'head-moved', 'known', 'head-moved'])
  expect((await store.read(topic, alice, 1, 9)).map((row) => row.id)).toEqual([first.id, second.id])
  expect(await Promise.all(['a', 'b', 'a', 'a'].map(async (counter) => store.nextCount(counter)))).toEqual([1, 1, 2, 3])
  await store.close()
})

test('[AB67] one that cannot be written takes no other with it', async () => {
  const { store } = await openPlace()
  const odd = { ...logRow('bb'.repeat(32) as DeviceId, 1), kind: (() => 0) as unknown as number }
  const appends = [logRow(alice, 1), odd, logRow('cc'.repeat(32) as DeviceId, 1)].map(async (row) => store.append(topic, 0, row))
  expect((await Promise.allSettled(appends)).map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await store.heads(topic)).toHaveLength(2)
  await store.close()
})

test('[AB3] holds the values of records only sealed', async () => {
  const { name, store } = await openPlace()
  const secret = encodeUtf8('a canary of sixteen')
  await store.putRecords([{ collection: 'c', key: 'k', value: secret }])
  const raw = await openRaw(name)
  const held: Bytes = await settle(raw.transaction('records').objectStore('records').get(['c', 'k']))
  expect(String.fromCharCode(...held)).not.toContain('canary')
  expect(await store.getRecord('c', 'k')).toEqual(secret)
  raw.close()
  await store.close()
})

test('[AB4] refuses a value that was changed, or moved from another name', async () => {
  const { name, store } = await openPlace()
  await store.putRecords([{ collection: 'c', key: 'k', value: Uint8Array.of(1) }])
  const raw = await openRaw(name)
  const held: Bytes = await settle(raw.transaction('records').objectStore('records').get(['c', 'k']))
  const writing = raw.transaction('records', 'readwrite').objectStore('records')
  await Promise.all([settle(writing.put(held, ['c', 'moved'])), settle(writing.put(Uint8Array.of(1, 2), ['c', 'changed']))])
  for (const key of ['moved', 'changed']) await expect(store.getRecord('c', key)).rejects.toMatchObject({ code: 'damaged-record' })
  await expect(store.listRecords('c')).rejects.toMatchObject({ code: 'damaged-record' })
  raw.close()
  await store.close()
})

test('[AB5] writes no record when one of them cannot be sealed', async () => {
  const { name, store } = await openPlace()
  await store.close()
  let seals = 0
  const failing: Sealer = {
    seal: (plain) => {
      seals++
      return seals === 2 ? Promise.reject(new Error('no key')) : sealer.seal(plain)
    },
    open: (sealed) => sealer.open(sealed),
  }
  const careless = await openIndexedDbStore({ name, seal: failing })
  const writes = ['a', 'b'].map((key) => ({ collection: 'c', key, value: Uint8Array.of(1) }))
  await expect(careless.putRecords(writes)).rejects.toThrow('no key')
  expect(await careless.listRecords('c')).toEqual([])
  await careless.close()
})

test('[AB6] refuses a database of a newer program', async () => {
  const raw = await openRaw('newer', 99)
  raw.close()
  await expect(openIndexedDbStore({ name: 'newer', seal: sealer })).rejects.toMatchObject({ code: 'newer-version' })
})

test('[AB7] makes way for a newer program, and says so', async () => {
  const closed = vi.fn<() => void>()
  const store = await openIndexedDbStore({ name: 'old', seal: sealer, onClosed: closed })
  const raw = await openRaw('old', 99)
  expect(closed).toHaveBeenCalledTimes(1)
  await expect(store.heads(topic)).rejects.toMatchObject({ code: 'store-closed' })
  raw.close()
})

test('[AB8] answers a used-up quota with disk-full and has written nothing', async () => {
  const { store } = await openPlace()
  const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
    throw new DOMException('the disk is full', 'QuotaExceededError')
  })
  await expect(store.append(topic, 0, logRow(alice, 1))).rejects.toMatchObject({ name: 'SyncError', code: 'disk-full' })
  full.mockRestore()
  expect(await store.heads(topic)).toEqual([])
  expect(await store.append(topic, 0, logRow(alice, 1))).toBe('appended')
  await store.close()
})

test('[AB9] stores a view of a large buffer as its own few bytes', async () => {
  const { name, store } = await openPlace()
  const view = new Uint8Array(1024 * 1024).subarray(7, 10)
  await store.append(topic, 0, { ...logRow(alice, 1), bytes: view })
  const raw = await openRaw(name)
  const held: { bytes: Bytes } = await settle(raw.transaction('envelopes').objectStore('envelopes').get([topic, alice, 1]))
  expect(held.bytes.buffer.byteLength).toBe(3)
  raw.close()
  await store.close()
})
