/** The log of the membership as it is found on the disk. */
import type { Bytes } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { decodeRecord, encodeRecord } from '@poruch/identity/fold'
import { expect, test } from 'vitest'
import { collections, positionKey } from './records.ts'
import { openTeam } from './testing/scene.ts'
import { openWorkspaceLog } from './workspace-log.ts'

test('[RP220] a record that does not fold ends the reading, and those before it count', async () => {
  const { scene, devices, tabs } = await openTeam(['Alice', 'Bob'])
  const [device] = devices
  const workspace = tabs[0]?.workspace()
  if (!device || !workspace) throw new Error('no team')
  const store = device.disk.open()
  const open = async () => openWorkspaceLog({ suite: scene.suite, store, scope: workspace.scope })
  const stored = await store.listRecords(collections.log)
  expect(stored.length).toBeGreaterThan(3)
  const whole = await open()
  expect([whole.nextPos(), whole.fold.head()?.pos]).toEqual([stored.length, stored.length - 1])
  await store.putRecords([{ collection: collections.log, key: positionKey(2), value: Uint8Array.of(1, 2, 3) }])
  const cut = await open()
  expect([cut.nextPos(), cut.fold.head()?.pos]).toEqual([2, 1])
  expect(cut.read(0, 9)).toEqual(stored.slice(0, 2).map(({ value }) => value))
})

test('[RP340] what this device has judged is not checked again, unless it leads elsewhere than it did', async () => {
  const { scene, devices, tabs } = await openTeam(['Alice', 'Bob', 'Carol'])
  const [device] = devices
  const workspace = tabs[0]?.workspace()
  if (!device || !workspace) throw new Error('no team')
  const store = device.disk.open()
  let checks = 0
  const suite: Suite = { ...scene.suite, verify: async (...args) => scene.suite.verify(...args).finally(() => checks++) }
  const open = async (): Promise<{ readonly checks: number; readonly nextPos: number }> => {
    checks = 0
    const log = await openWorkspaceLog({ suite, store, scope: workspace.scope })
    return { checks, nextPos: log.nextPos() }
  }
  const stored = await store.listRecords(collections.log)
  const { length } = stored
  expect(await open()).toEqual({ checks: 0, nextPos: length })
  const mark = await store.getRecord(collections.judgedLog, 'head')
  const setMark = async (value: Bytes | null) => store.putRecords([{ collection: collections.judgedLog, key: 'head', value }])
  // Missing, of another form, of another end: all is checked, and what was found is kept.
  for (const other of [null, Uint8Array.of(1, 2, 3), new Uint8Array(36), mark?.with(-1, (mark.at(-1) ?? 0) ^ 1) ?? null]) {
    await setMark(other)
    const slow = await open()
    expect(slow.nextPos).toBe(length)
    expect(slow.checks).toBeGreaterThanOrEqual(2 * length)
    expect(await store.getRecord(collections.judgedLog, 'head')).toEqual(mark)
    expect(await open()).toEqual({ checks: 0, nextPos: length })
  }
  // An older end: what came after it is checked.
  await store.putRecords([{ collection: collections.log, key: positionKey(length - 1), value: null }])
  expect((await open()).nextPos).toBe(length - 1)
  await store.putRecords([{ collection: collections.log, key: positionKey(length - 1), value: stored[length - 1]?.value ?? null }])
  const partly = await open()
  expect(partly.nextPos).toBe(length)
  expect(partly.checks).toBeLessThan(2 * length)
  expect(partly.checks).toBeGreaterThanOrEqual(2)
  // An entry that was changed, with the mark as it was: it is not taken, nor what follows it.
  const { entry, countersignature, cutList } = decodeRecord(stored[1]?.value ?? new Uint8Array())
  const changed = encodeRecord({ entry: entry.with(-1, (entry.at(-1) ?? 0) ^ 1), countersignature, cutList })
  await store.putRecords([{ collection: collections.log, key: positionKey(1), value: changed }])
  expect((await open()).nextPos).toBe(1)
})
