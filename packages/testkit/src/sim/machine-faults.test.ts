/** Faults of single machines do what they say. */
import { SyncError } from '@poruch/sync'
import { expect, test } from 'vitest'
import { makeMemoryDisk } from '../memory/log-store.ts'
import { makeMemoryRelayLog } from '../memory/relay-log.ts'

test('[SI9] a crash keeps as many of the unsynced commits as it says, the first ones, and nobody was told of them', async () => {
  const log = makeMemoryRelayLog({ onTail: () => undefined })
  const told: string[] = []
  const put = (key: string) => log.putSide({ collection: 'c', group: 'g', key, value: new Uint8Array(1) })
  for (const key of ['a', 'b', 'c'])
    put(key).then(
      () => told.push(key),
      () => undefined,
    )
  const after = log.crash((tail) => tail - 1)
  after.sync()
  const rows = after.readSide('c', 'g', 0, 10)
  expect((await rows).map(({ key }) => key)).toEqual(['a', 'b'])
  expect(told).toEqual([])
})

test('[SI9] a full disk takes nothing more, answers reads, and takes again when there is room', async () => {
  const disk = makeMemoryDisk()
  const store = disk.open()
  const write = async (size: number) => store.putRecords([{ collection: 'c', key: 'k', value: new Uint8Array(size) }])
  await write(10)
  disk.setCapacity(disk.sizeBytes())
  await expect(write(11)).rejects.toThrow(SyncError)
  expect((await store.getRecord('c', 'k'))?.length).toBe(10)
  disk.setCapacity(Number.POSITIVE_INFINITY)
  await write(11)
  expect((await store.getRecord('c', 'k'))?.length).toBe(11)
})
