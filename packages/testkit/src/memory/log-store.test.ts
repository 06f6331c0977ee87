import type { DeviceId, TopicId } from '@poruch/base'
import { expect, test } from 'vitest'
import { logRow, logStoreContract } from '../contract/index.ts'
import { makeMemoryDisk } from './log-store.ts'
import type { MemoryDisk } from './log-store.ts'

const disks = new Map<string, MemoryDisk>()

logStoreContract('memory', async (place) => {
  const disk = disks.get(place) ?? makeMemoryDisk()
  disks.set(place, disk)
  return Promise.resolve(disk.open())
})

test('[SY44] a full disk refuses with its code and keeps what it has', async () => {
  const topic = '01'.repeat(32) as TopicId
  const device = '02'.repeat(32) as DeviceId
  const disk = makeMemoryDisk()
  const store = disk.open()
  await store.append(topic, 0, logRow(device, 1))
  disk.setCapacity(disk.sizeBytes())
  await expect(store.append(topic, 1, logRow(device, 2))).rejects.toMatchObject({ code: 'disk-full' })
  expect(await store.heads(topic)).toMatchObject([{ seq: 1 }])
  disk.setCapacity(1000)
  expect(await store.append(topic, 1, logRow(device, 2))).toBe('appended')
})
