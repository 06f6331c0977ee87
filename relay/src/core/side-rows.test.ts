import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { pageRows } from './limits.ts'
import { allSideRows } from './side-rows.ts'

test('[RE164] a group of several pages is read to its end, and no other', async () => {
  const log = makeMemoryRelayLog({ onTail: () => log.sync() })
  const keys = Array.from({ length: 2 * pageRows + 1 }, (_, index) => `key ${index}`)
  for (const key of keys) await log.putSide({ collection: 'left', group: '', key, value: Uint8Array.of(1) })
  await log.putSide({ collection: 'left', group: 'other', key: 'other', value: Uint8Array.of(2) })
  expect((await allSideRows(log, 'left', '')).map(({ key }) => key)).toEqual(keys)
  expect(await allSideRows(log, 'left', 'none')).toEqual([])
})
