/** The log of the membership as it is found on the disk. */
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
