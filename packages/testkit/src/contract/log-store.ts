/** What every LogStore must keep; each place runs this suite. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { LogRow, LogStore } from '@poruch/sync'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const topicA = 'a1'.repeat(32) as TopicId
const topicB = 'b2'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId
const bob = 'bb'.repeat(32) as DeviceId

function idOf(device: DeviceId, seq: number, branch: number): EnvelopeId {
  return (device.slice(0, 48) + (seq * 16 + branch).toString(16).padStart(16, '0')) as EnvelopeId
}

/** A row that no signature would ever cover: the store does not look inside. */
export function logRow(device: DeviceId, seq: number, branch = 0): LogRow {
  return {
    device,
    seq,
    id: idOf(device, seq, branch),
    prev: seq === 1 ? null : idOf(device, seq - 1, branch),
    pos: 3,
    lamport: seq + 10,
    gen: 0,
    kind: 1,
    state: 'sealed',
    bytes: Uint8Array.of(seq % 256, branch, 7),
  }
}

interface Env {
  /** One more opening of the place of this test. */
  open(): Promise<LogStore>
  store(): LogStore
}

/**
 * `openStore` opens the store of a place: the same place again is the same data, also while it is open elsewhere (another tab).
 * Every test uses a place of its own.
 */
export function logStoreContract(name: string, openStore: (place: string) => Promise<LogStore>): void {
  describe(`LogStore over ${name}`, () => {
    let opened: LogStore[] = []
    let place = ''
    let count = 0
    const env: Env = {
      open: async () => {
        const store = await openStore(place)
        opened.push(store)
        return store
      },
      store: () => {
        const [store] = opened
        if (!store) throw new Error('nothing is open')
        return store
      },
    }
    beforeEach(async () => {
      count++
      place = `log-store-contract-${count}`
      await env.open()
    })
    afterEach(async () => {
      await Promise.all(opened.map(async (store) => store.close()))
      opened = []
    })
    chainRules(env)
    readingRules(env)
    packRules(env)
    cursorRules(env)
    recordRules(env)
    tabRules(env)
  })
}

function chainRules(env: Env): void {
  test('[SY40] appends at the end of a chain and moves its head', async () => {
    const store = env.store()
    expect(await store.append(topicA, 0, logRow(alice, 1))).toBe('appended')
    expect(await store.append(topicA, 1, logRow(alice, 2))).toBe('appended')
    expect(await store.heads(topicA)).toEqual([{ device: alice, seq: 2, id: idOf(alice, 2, 0), pos: 3, lamport: 12 }])
  })
  test('[SY51] puts another branch in the place of a chain’s end, and only where it is still the same', async () => {
    const store = env.store()
    for (const seq of [1, 2, 3, 4]) await store.append(topicA, seq - 1, logRow(alice, seq))
    await store.append(topicA, 0, logRow(bob, 1))
    const other = { ...logRow(alice, 2, 1), prev: idOf(alice, 1, 0) }
    expect(await store.rebranch(topicA, idOf(alice, 2, 7), other)).toBe('head-moved')
    expect(await store.rebranch(topicB, idOf(alice, 2, 0), other)).toBe('head-moved')
    expect((await store.read(topicA, alice, 1, 9)).length).toBe(4)
    expect(await store.rebranch(topicA, idOf(alice, 2, 0), other)).toBe('replaced')
    expect((await store.read(topicA, alice, 1, 9)).map(({ id }) => id)).toEqual([idOf(alice, 1, 0), other.id])
    expect((await store.heads(topicA)).find(({ device }) => device === alice)?.id).toBe(other.id)
    expect(await store.append(topicA, 2, { ...logRow(alice, 3, 1), prev: other.id })).toBe('appended')
    expect((await store.read(topicA, bob, 1, 9)).length).toBe(1)
  })
  test('[SY40] answers the same envelope again with known and keeps one', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    await store.append(topicA, 1, logRow(alice, 2))
    expect(await store.append(topicA, 0, logRow(alice, 1))).toBe('known')
    expect(await store.append(topicA, 1, logRow(alice, 2))).toBe('known')
    expect(await store.read(topicA, alice, 1, 10)).toHaveLength(2)
  })
  test('[SY40] writes nothing when the chain ends elsewhere', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    expect(await store.append(topicA, 0, logRow(alice, 1, 1))).toBe('head-moved')
    expect(await store.append(topicA, 2, logRow(alice, 3))).toBe('head-moved')
    expect(await store.append(topicB, 1, logRow(alice, 2))).toBe('head-moved')
    expect(await store.read(topicA, alice, 1, 10)).toEqual([logRow(alice, 1)])
    expect(await store.heads(topicB)).toEqual([])
  })
  test('[SY40] of many writers at one head exactly one wins', async () => {
    const stores = [env.store(), await env.open()]
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, branch) => stores[branch % 2]?.append(topicA, 0, logRow(alice, 1, branch))),
    )
    expect(answers.filter((answer) => answer === 'appended')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'head-moved')).toHaveLength(7)
  })
}

function readingRules(env: Env): void {
  test('[SY41] reads one device in order, from a seq, at most so many', async () => {
    const store = env.store()
    for (const seq of [1, 2, 3, 4, 5]) await store.append(topicA, seq - 1, logRow(alice, seq))
    await store.append(topicA, 0, logRow(bob, 1))
    expect((await store.read(topicA, alice, 2, 3)).map((row) => row.seq)).toEqual([2, 3, 4])
    expect(await store.read(topicA, alice, 6, 3)).toEqual([])
    expect((await store.read(topicA, bob, 1, 9)).map((row) => row.device)).toEqual([bob])
    expect(await store.read(topicB, alice, 1, 9)).toEqual([])
  })
  test('[SY41] gives rows back as they were', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    expect(await store.read(topicA, alice, 1, 1)).toEqual([logRow(alice, 1)])
  })
  test('[SY41] replaces the state of a row and nothing else', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    await store.append(topicA, 1, logRow(alice, 2))
    await store.setState(topicA, alice, 1, 'opened')
    await store.setState(topicA, alice, 9, 'opened')
    expect(await store.read(topicA, alice, 1, 9)).toEqual([{ ...logRow(alice, 1), state: 'opened' }, logRow(alice, 2)])
  })
  test('[SY41] lists topics and heads of all devices', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    await store.append(topicA, 0, logRow(bob, 1))
    await store.append(topicB, 0, logRow(bob, 1))
    expect((await store.topics()).toSorted()).toEqual([topicA, topicB])
    expect((await store.heads(topicA)).map((head) => head.device).toSorted()).toEqual([alice, bob])
  })
  test('[SY41] keeps everything over a new opening', async () => {
    await env.store().append(topicA, 0, logRow(alice, 1))
    await env.store().close()
    const again = await env.open()
    expect(await again.read(topicA, alice, 1, 1)).toEqual([logRow(alice, 1)])
  })
}

function packRules(env: Env): void {
  const pack = (digit: string) => ({ id: digit.repeat(64) as EnvelopeId, prev: null, author: bob, bytes: Uint8Array.of(1, 2), keptAtMs: 5 })
  test('[SY77] keeps packs of a topic, each once, over new openings', async () => {
    const store = env.store()
    await store.keepPack(topicA, pack('b'))
    await store.keepPack(topicA, pack('a'))
    await store.keepPack(topicA, { ...pack('a'), keptAtMs: 9 })
    await store.keepPack(topicB, pack('c'))
    expect(await (await env.open()).packs(topicA)).toEqual([pack('a'), pack('b')])
    expect(await store.packs('d4'.repeat(32) as TopicId)).toEqual([])
  })
  test('[SY124] puts a pack, or what is left of it, in the place of the same one', async () => {
    const store = env.store()
    await store.keepPack(topicA, pack('a'))
    const left = { ...pack('a'), bytes: Uint8Array.of(9) }
    await store.replacePack(topicA, left)
    await store.keepPack(topicA, pack('a'))
    expect(await (await env.open()).packs(topicA)).toEqual([left])
    await store.replacePack(topicA, pack('a'))
    expect(await store.packs(topicA)).toEqual([pack('a')])
  })
  test('[SY107] erases a row in its place, also where a pack stands for it, and no other', async () => {
    const store = env.store()
    for (const seq of [1, 2, 3, 4]) await store.append(topicA, seq - 1, logRow(alice, seq))
    const left = (seq: number, branch = 0): LogRow => ({ ...logRow(alice, seq, branch), bytes: new Uint8Array([9]) })
    await store.erase(topicA, left(4))
    await store.erase(topicA, left(2, 1))
    await store.erase(topicA, left(5))
    await store.trim(topicA, [stretch(1, logRow(alice, 3))])
    await store.erase(topicA, left(2))
    expect(await (await env.open()).read(topicA, alice, 1, 9)).toEqual([left(2), logRow(alice, 3), left(4)])
    expect((await store.heads(topicA)).map(({ seq }) => seq)).toEqual([4])
    expect(await store.append(topicA, 4, logRow(alice, 5))).toBe('appended')
  })
  const stretch = (from: number, row: LogRow) => ({ from, row })
  test('[SY77] lets a pack stand for a stretch of a chain, which goes on where it ended', async () => {
    const store = env.store()
    for (const seq of [1, 2, 3, 4]) await store.append(topicA, seq - 1, logRow(alice, seq))
    await store.append(topicA, 0, logRow(bob, 1))
    expect(await store.trim(topicA, [stretch(2, logRow(alice, 4))])).toBe(true)
    expect((await store.read(topicA, alice, 1, 9)).map((row) => row.seq)).toEqual([1, 4])
    expect((await store.read(topicA, alice, 2, 1)).map((row) => row.seq)).toEqual([4])
    expect((await store.read(topicA, bob, 1, 9)).map((row) => row.seq)).toEqual([1])
    expect(await store.append(topicA, 4, logRow(alice, 5))).toBe('appended')
    expect(await store.trim(topicA, [stretch(1, logRow(alice, 4))])).toBe(true)
    expect((await store.read(topicA, alice, 1, 9)).map((row) => row.seq)).toEqual([4, 5])
    expect(await store.heads(topicA)).toContainEqual({ device: alice, seq: 5, id: idOf(alice, 5, 0), pos: 3, lamport: 15 })
  })
  test('[SY77] puts the end of a chain that did not reach so far, and nothing where one leads elsewhere', async () => {
    const store = env.store()
    await store.append(topicA, 0, logRow(alice, 1))
    expect(await store.trim(topicA, [stretch(1, logRow(alice, 3)), stretch(1, logRow(bob, 2))])).toBe(true)
    expect(await store.read(topicA, alice, 1, 9)).toEqual([logRow(alice, 3)])
    expect((await store.heads(topicA)).map(({ seq }) => seq).toSorted()).toEqual([2, 3])
    expect(await store.trim(topicA, [stretch(1, logRow(bob, 4)), stretch(1, logRow(alice, 3, 1))])).toBe(false)
    expect((await store.heads(topicA)).map(({ seq }) => seq).toSorted()).toEqual([2, 3])
    expect(await store.append(topicA, 3, logRow(alice, 4))).toBe('appended')
  })
}

function cursorRules(env: Env): void {
  test('[SY42] a cursor is zero until set, and kept per relay and topic', async () => {
    const store = env.store()
    const cursor = { seq: 7, id: idOf(alice, 7, 0), holds: { [alice]: 7, [bob]: 2 } }
    expect(await store.cursor('relay-1', topicA)).toEqual({ seq: 0, id: null, holds: {} })
    await store.setCursor('relay-1', topicA, cursor)
    expect(await store.cursor('relay-1', topicA)).toEqual(cursor)
    expect(await store.cursor('relay-2', topicA)).toEqual({ seq: 0, id: null, holds: {} })
    expect(await store.cursor('relay-1', topicB)).toEqual({ seq: 0, id: null, holds: {} })
    expect(await (await env.open()).cursor('relay-1', topicA)).toEqual(cursor)
  })
  test('[SY42] a counter gives no number twice', async () => {
    const stores = [env.store(), await env.open()]
    const counts = await Promise.all(Array.from({ length: 10 }, async (_, index) => stores[index % 2]?.nextCount('n')))
    expect(counts.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await env.store().nextCount('other')).toBe(1)
  })
}

function recordRules(env: Env): void {
  test('[SY43] keeps, replaces, deletes and lists records in order of key', async () => {
    const store = env.store()
    await store.putRecords([
      { collection: 'c', key: 'b', value: Uint8Array.of(2) },
      { collection: 'c', key: 'a', value: Uint8Array.of(1) },
      { collection: 'd', key: 'a', value: Uint8Array.of(9) },
    ])
    await store.putRecords([{ collection: 'c', key: 'b', value: Uint8Array.of(3) }])
    expect(await store.listRecords('c')).toEqual([
      { key: 'a', value: Uint8Array.of(1) },
      { key: 'b', value: Uint8Array.of(3) },
    ])
    await store.putRecords([{ collection: 'c', key: 'a', value: null }])
    expect(await store.getRecord('c', 'a')).toBeNull()
    expect(await store.getRecord('c', 'b')).toEqual(Uint8Array.of(3))
    expect(await store.getRecord('none', 'b')).toBeNull()
    expect(await store.listRecords('none')).toEqual([])
  })
  test('[SY43] keeps an empty value as a value', async () => {
    await env.store().putRecords([{ collection: 'c', key: 'a', value: new Uint8Array(0) }])
    expect(await env.store().getRecord('c', 'a')).toEqual(new Uint8Array(0))
  })
  test('[SY44] refuses everything after it was closed', async () => {
    const store = env.store()
    await store.close()
    await expect(store.append(topicA, 0, logRow(alice, 1))).rejects.toMatchObject({ code: 'store-closed' })
    await expect(store.heads(topicA)).rejects.toMatchObject({ code: 'store-closed' })
    await expect(store.putRecords([{ collection: 'c', key: 'a', value: null }])).rejects.toMatchObject({ code: 'store-closed' })
  })
}

function tabRules(env: Env): void {
  test('[SY45] tells of appends, records and cursors, here and in another tab, until unsubscribed', async () => {
    const other = await env.open()
    const heard: string[] = []
    let wake: (() => void) | undefined
    const stop = env.store().watch((change) => {
      heard.push('topic' in change ? change.topic : 'cursor' in change ? `cursor ${change.cursor}` : change.collection)
      wake?.()
    })
    const reached = async (length: number): Promise<void> => {
      while (heard.length < length) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    await other.append(topicB, 0, logRow(bob, 1))
    await reached(1)
    await env.store().append(topicA, 0, logRow(alice, 1))
    await reached(2)
    await other.putRecords([{ collection: 'c', key: 'a', value: Uint8Array.of(1) }])
    await reached(3)
    await other.setCursor('relay-1', topicB, { seq: 1, id: null, holds: {} })
    await reached(4)
    expect(heard).toEqual([topicB, topicA, 'c', `cursor ${topicB}`])
    stop()
    stop()
    await env.store().append(topicA, 1, logRow(alice, 2))
    expect(heard).toHaveLength(4)
  })
}
