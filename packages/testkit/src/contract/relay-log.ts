/** What every RelayLog must keep; each database runs this suite. */
import { codeOf, equalBytes } from '@poruch/base'
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { CompactRow, RelayLog, RelayRow } from '@poruch/sync/relay-log'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

export interface OpenedRelayLog {
  readonly log: RelayLog
  /** Closes and opens the same storage again. */
  reopen(): Promise<RelayLog>
  /** Closes and deletes. */
  end(): Promise<void>
}

const topicA = 'a1'.repeat(32) as TopicId
const topicB = 'b2'.repeat(32) as TopicId
const alice = 'aa'.repeat(32) as DeviceId
const bob = 'bb'.repeat(32) as DeviceId

/** A row that no signature would ever cover: the log does not look inside. */
export function relayRow(device: DeviceId, deviceSeq: number, topic: TopicId = topicA, branch = 0): Omit<RelayRow, 'relaySeq'> {
  const id = (device.slice(0, 32) + topic.slice(0, 16) + (deviceSeq * 16 + branch).toString(16).padStart(16, '0')) as EnvelopeId
  return { topic, id, device, deviceSeq, bytes: new Uint8Array([deviceSeq % 256, branch, 7]) }
}

function compactRow(number: number): CompactRow {
  const id = (at: number): EnvelopeId => at.toString(16).padStart(64, 'c') as EnvelopeId
  const prev = number === 1 ? null : id(number - 1)
  return {
    topic: topicA,
    kind: 4,
    id: id(number),
    prev,
    device: alice,
    bytes: new Uint8Array([number, 9]),
    storedAtMs: 1_750_000_000_000 + number,
  }
}

export function relayLogContract(name: string, open: () => Promise<OpenedRelayLog>): void {
  describe(`RelayLog over ${name}`, () => {
    let opened: OpenedRelayLog
    let log: RelayLog
    beforeEach(async () => {
      opened = await open()
      log = opened.log
    })
    afterEach(async () => opened.end())
    const env = { log: () => log, reopen: async () => (log = await opened.reopen()) }
    chainRules(env)
    readingRules(env)
    scopeRules(env)
    sideRules(env)
  })
}

interface Env {
  readonly log: () => RelayLog
  readonly reopen: () => Promise<RelayLog>
}

async function codeOfRejected(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', codeOf)
}

function chainRules({ log }: Env): void {
  test('[AN1] numbers a topic from 1 without holes, each topic for itself', async () => {
    expect(await log().append(relayRow(alice, 1))).toEqual({ ok: true, relaySeq: 1, known: false })
    expect(await log().append(relayRow(bob, 1))).toEqual({ ok: true, relaySeq: 2, known: false })
    expect(await log().append(relayRow(alice, 1, topicB))).toEqual({ ok: true, relaySeq: 1, known: false })
    expect(await log().append(relayRow(alice, 2))).toEqual({ ok: true, relaySeq: 3, known: false })
  })
  test('[AN1] keeps order and numbers when many appends are started at once', async () => {
    const rows = Array.from({ length: 200 }, (_, index) => relayRow(index % 2 ? alice : bob, 1 + Math.floor(index / 2)))
    const appended = await Promise.all(rows.map((row) => log().append(row)))
    expect(appended.map((one) => one.ok && one.relaySeq)).toEqual(rows.map((_, index) => index + 1))
  })
  test('[AN2] answers a known id with its first number and stores nothing', async () => {
    await log().append(relayRow(alice, 1))
    await log().append(relayRow(alice, 2))
    expect(await log().append(relayRow(alice, 1))).toEqual({ ok: true, relaySeq: 1, known: true })
    expect((await log().head(topicA)).relaySeq).toBe(2)
  })
  test('[AN3] refuses a gap in a chain with `chain` and another envelope at the same place with `fork`', async () => {
    expect(await log().append(relayRow(alice, 2))).toEqual({ ok: false, reason: 'chain' })
    await log().append(relayRow(alice, 1))
    expect(await log().append(relayRow(alice, 3))).toEqual({ ok: false, reason: 'chain' })
    expect(await log().append(relayRow(alice, 1, topicA, 1))).toEqual({ ok: false, reason: 'fork' })
    expect(await log().head(topicA)).toEqual({ relaySeq: 1, id: relayRow(alice, 1).id })
  })
}

function readingRules({ log, reopen }: Env): void {
  test('[AN4] reads in order, bounded, by number and by chain, and gives the bytes back', async () => {
    for (let seq = 1; seq <= 5; seq++) await log().append(relayRow(alice, seq))
    await log().append(relayRow(bob, 1))
    expect((await log().read(topicA, 1, 3)).map((row) => row.relaySeq)).toEqual([2, 3, 4])
    expect(await log().at(topicA, 6)).toEqual({ ...relayRow(bob, 1), relaySeq: 6 })
    expect(await log().at(topicA, 7)).toBe(null)
    expect((await log().chainHead(topicA, alice))?.deviceSeq).toBe(5)
    expect(await log().chainAt(topicA, alice, 2)).toEqual({ ...relayRow(alice, 2), relaySeq: 2 })
    expect(await log().chainAt(topicA, alice, 6)).toBe(null)
    expect(await log().chainHead(topicB, alice)).toBe(null)
    expect(await log().head(topicB)).toEqual({ relaySeq: 0, id: null })
    expect(equalBytes((await log().at(topicA, 3))?.bytes ?? new Uint8Array(), relayRow(alice, 3).bytes)).toBe(true)
  })
  test('[AN5] has everything again after it was closed and opened', async () => {
    await log().append(relayRow(alice, 1))
    await log().appendScope([{ scope: 's', pos: 0, record: new Uint8Array([1]) }])
    await log().putSide({ collection: 'c', group: 'g', key: 'k', value: new Uint8Array([2]) })
    await reopen()
    expect(await log().append(relayRow(alice, 2))).toEqual({ ok: true, relaySeq: 2, known: false })
    expect(await log().readScope('s', 0, 9)).toHaveLength(1)
    expect(await log().readSide('c', 'g', 0, 9)).toHaveLength(1)
  })
  test('[AN6] trims the beginnings of chains, keeps the numbers and the end of each chain', async () => {
    for (const number of [1, 2, 3]) await log().putCompact(compactRow(number))
    for (let seq = 1; seq <= 4; seq++) await log().append(relayRow(alice, seq))
    await log().append(relayRow(bob, 1))
    await log().append(relayRow(bob, 2))
    await log().trim(topicA, compactRow(2).id, [
      { device: alice, deviceSeq: 9 },
      { device: bob, deviceSeq: 1 },
    ])
    expect((await log().read(topicA, 0, 9)).map((row) => row.relaySeq)).toEqual([4, 5, 6])
    expect(await log().append(relayRow(alice, 5))).toEqual({ ok: true, relaySeq: 7, known: false })
    expect((await log().readCompacts(topicA, 4, 0, 9)).map(({ standsForSeq }) => standsForSeq)).toEqual([3, 3, 0])
  })
  test('[AN27] puts what is left of an envelope in its place', async () => {
    for (let seq = 1; seq <= 3; seq++) await log().append(relayRow(alice, seq))
    const left = new Uint8Array([9, 9, 9, 9])
    await log().erase(topicA, relayRow(alice, 3).id, left)
    await log().erase(topicA, relayRow(alice, 2).id, left)
    await log().erase(topicB, relayRow(alice, 1).id, left)
    await log().erase(topicA, relayRow(bob, 1).id, left)
    await reopen()
    expect((await log().read(topicA, 0, 9)).map(({ bytes }) => [...bytes])).toEqual([[1, 0, 7], [...left], [...left]])
    expect(await log().chainHead(topicA, alice)).toEqual({ ...relayRow(alice, 3), relaySeq: 3, bytes: left })
    expect(await log().append(relayRow(alice, 4))).toEqual({ ok: true, relaySeq: 4, known: false })
  })
  test('[AN29] puts what is left of a pack in its place; another one stands for what it stood for', async () => {
    for (let seq = 1; seq <= 3; seq++) await log().append(relayRow(alice, seq))
    for (const number of [1, 2, 3]) await log().putCompact(compactRow(number))
    await log().trim(topicA, compactRow(1).id, [{ device: alice, deviceSeq: 3 }])
    const left = new Uint8Array([9, 9])
    await log().replaceCompact(topicA, compactRow(1).id, left, compactRow(3).id)
    await log().replaceCompact(topicB, compactRow(2).id, left, compactRow(3).id)
    await reopen()
    const rows = await log().readCompacts(topicA, 4, 0, 9)
    expect(rows.map(({ bytes, standsForSeq }) => [[...bytes], standsForSeq])).toEqual([
      [[9, 9], 2],
      [[...compactRow(2).bytes], 0],
      [[...compactRow(3).bytes], 2],
    ])
    expect(await log().putCompact(compactRow(1))).toBe('known')
    expect(await log().putCompact(compactRow(4))).toBe('stored')
  })
  test('[AN28] puts a pack in the place of another and of what follows that', async () => {
    for (const number of [1, 2, 3]) await log().putCompact(compactRow(number))
    const other: CompactRow = { ...compactRow(9), prev: compactRow(1).id }
    expect(await log().putCompact(other)).toBe('moved')
    expect(await log().putCompact(other, compactRow(3).id)).toBe('moved')
    expect(await log().putCompact(other, compactRow(8).id)).toBe('moved')
    expect(await log().putCompact(other, compactRow(2).id)).toBe('stored')
    expect(await log().putCompact(other, compactRow(2).id)).toBe('known')
    await reopen()
    expect((await log().readCompacts(topicA, 4, 0, 9)).map(({ id, place }) => [id, place])).toEqual([
      [compactRow(1).id, 1],
      [other.id, 2],
    ])
    expect(await log().putCompact({ ...compactRow(7), prev: null }, compactRow(1).id)).toBe('stored')
    expect(await log().readCompacts(topicA, 4, 0, 9)).toHaveLength(1)
  })
  test('[AN26] adopts a chain from where a pack ends, and lets it go on', async () => {
    for (const number of [1, 2, 3]) await log().putCompact(compactRow(number))
    await log().append(relayRow(bob, 1))
    const pack = compactRow(2).id
    expect(await log().adopt(relayRow(alice, 7), pack)).toEqual({ ok: true, relaySeq: 2, known: false })
    expect(await log().adopt(relayRow(alice, 7), pack)).toEqual({ ok: true, relaySeq: 2, known: true })
    expect(await log().adopt(relayRow(alice, 7, topicA, 1), pack)).toEqual({ ok: false, reason: 'fork' })
    expect(await log().adopt(relayRow(alice, 5), pack)).toEqual({ ok: false, reason: 'chain' })
    expect(await log().append(relayRow(alice, 8))).toEqual({ ok: true, relaySeq: 3, known: false })
    // What is here of a chain stays.
    expect(await log().adopt(relayRow(bob, 4), pack)).toEqual({ ok: true, relaySeq: 4, known: false })
    await reopen()
    expect((await log().read(topicA, 0, 9)).map(({ deviceSeq }) => deviceSeq)).toEqual([1, 7, 8, 4])
    expect((await log().readCompacts(topicA, 4, 0, 9)).map(({ standsForSeq }) => standsForSeq)).toEqual([4, 4, 0])
  })
  test('[AN25] orders packs of a topic and kind by comparing and setting, over new openings', async () => {
    expect(await log().putCompact(compactRow(1))).toBe('stored')
    expect(await log().putCompact(compactRow(1))).toBe('known')
    expect(await log().putCompact({ ...compactRow(3), prev: null })).toBe('moved')
    expect(await log().putCompact(compactRow(3))).toBe('moved')
    const answers = await Promise.all([log().putCompact(compactRow(2)), log().putCompact({ ...compactRow(3), prev: compactRow(1).id })])
    expect(answers.toSorted()).toEqual(['moved', 'stored'])
    expect(await log().putCompact({ ...compactRow(1), kind: 3, id: compactRow(9).id })).toBe('stored')
    await reopen()
    const rows = await log().readCompacts(topicA, 4, 0, 9)
    expect(rows).toEqual([
      { ...compactRow(1), place: 1, standsForSeq: 0 },
      { ...compactRow(2), place: 2, standsForSeq: 0 },
    ])
    expect(await log().readCompacts(topicA, 4, 1, 9)).toEqual(rows.slice(1))
    expect(await log().readCompacts(topicB, 4, 0, 9)).toEqual([])
  })
  test('[AN7] tells of a new head after its commit, not of a known id, and never after unsubscribing', async () => {
    const heard: string[] = []
    const stop = log().watch((topic, relaySeq) => heard.push(`${topic.slice(0, 2)} ${relaySeq}`))
    await log().append(relayRow(alice, 1))
    await log().append(relayRow(alice, 1))
    await log().append(relayRow(alice, 2))
    stop()
    await log().append(relayRow(alice, 3))
    expect(heard).toEqual(['a1 1', 'a1 2'])
  })
  test('[AN8] refuses all work with `closed` once it is closed', async () => {
    await log().close()
    expect(await codeOfRejected(log().append(relayRow(alice, 1)))).toBe('closed')
    expect(await codeOfRejected(log().head(topicA))).toBe('closed')
  })
}

function scopeRules({ log }: Env): void {
  const row = (scope: string, pos: number) => ({ scope, pos, record: new Uint8Array([pos]) })
  test('[AN9] takes positions that continue a log, all or nothing', async () => {
    await log().appendScope([row('s', 0), row('s', 1)])
    expect(await codeOfRejected(log().appendScope([row('s', 2), row('s', 4)]))).toBe('moved')
    expect(await codeOfRejected(log().appendScope([row('s', 1)]))).toBe('moved')
    await log().appendScope([row('t', 0), row('s', 2)])
    expect(await log().readScope('s', 1, 9)).toEqual([row('s', 1), row('s', 2)])
    expect(await log().readScope('s', 0, 1)).toEqual([row('s', 0)])
    expect(await log().scopes()).toEqual(['s', 't'])
  })
  test('[AN9] puts positions in the place of what is there from the first on, all or nothing', async () => {
    const other = (pos: number) => ({ scope: 's', pos, record: new Uint8Array([pos, 7]) })
    await log().appendScope([row('s', 0), row('s', 1), row('s', 2), row('t', 0)])
    expect(await codeOfRejected(log().replaceScope([other(4)]))).toBe('moved')
    expect(await codeOfRejected(log().replaceScope([other(1), other(3)]))).toBe('moved')
    expect(await log().readScope('s', 0, 9)).toEqual([row('s', 0), row('s', 1), row('s', 2)])
    await log().replaceScope([other(1)])
    expect(await log().readScope('s', 0, 9)).toEqual([row('s', 0), other(1)])
    await log().replaceScope([other(2), other(3)])
    expect(await log().readScope('s', 0, 9)).toEqual([row('s', 0), other(1), other(2), other(3)])
    expect(await log().readScope('t', 0, 9)).toEqual([row('t', 0)])
  })
}

function sideRules({ log }: Env): void {
  const row = (key: string, group = 'g') => ({ collection: 'c', group, key, value: new Uint8Array(key.length) })
  test('[AN10] orders small records from 1 within collection and group; a known key replaces nothing', async () => {
    expect(await log().putSide(row('x'))).toEqual({ cursor: 1, known: false })
    expect(await log().putSide(row('yy'))).toEqual({ cursor: 2, known: false })
    expect(await log().putSide({ ...row('x'), value: new Uint8Array(9) })).toEqual({ cursor: 1, known: true })
    expect(await log().putSide(row('x', 'other'))).toEqual({ cursor: 1, known: false })
    expect(await log().readSide('c', 'g', 0, 9)).toEqual([
      { ...row('x'), cursor: 1 },
      { ...row('yy'), cursor: 2 },
    ])
    expect(await log().readSide('c', 'g', 1, 9)).toHaveLength(1)
  })
  test('[AN11] never gives a cursor twice, also when its record was deleted', async () => {
    await log().putSide(row('x'))
    await log().deleteSide('c', 'g', 'x')
    await log().deleteSide('c', 'g', 'absent')
    expect(await log().readSide('c', 'g', 0, 9)).toEqual([])
    expect(await log().putSide(row('x'))).toEqual({ cursor: 2, known: false })
  })
}
