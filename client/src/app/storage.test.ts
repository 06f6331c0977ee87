/** What the app knows of its storage. */
import { SyncError } from '@poruch/sync/wire'
import { expect, test } from 'vitest'
import { noteClosedStorage, storageTrouble, watchRoom } from './storage.ts'

test('[CL171] a write without room is trouble until one finds room; other faults are none, and a closed storage stays', async () => {
  let fault: SyncError | null = null
  const counted: string[] = []
  const write = async (): Promise<never> => {
    if (fault) throw fault
    return undefined as never
  }
  const store = watchRoom({
    append: write,
    setState: write,
    setCursor: write,
    putRecords: write,
    nextCount: async (counter: string) => {
      await write()
      return counted.push(counter)
    },
  })
  expect([await store.nextCount('n'), storageTrouble.read()]).toEqual([1, null])
  fault = new SyncError('store-closed', 'closed')
  await expect(store.nextCount('n')).rejects.toMatchObject({ code: 'store-closed' })
  expect(storageTrouble.read()).toBe(null)
  fault = new SyncError('disk-full', 'no room')
  await expect(store.nextCount('n')).rejects.toMatchObject({ code: 'disk-full' })
  expect(storageTrouble.read()).toBe('full')
  fault = null
  expect([await store.nextCount('n'), storageTrouble.read()]).toEqual([2, null])
  noteClosedStorage()
  expect([await store.nextCount('n'), storageTrouble.read()]).toEqual([3, 'closed'])
})
