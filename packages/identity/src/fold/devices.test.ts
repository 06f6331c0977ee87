/** Devices that could be taken for one another: no key of ours can be made to collide, so the tables are asked directly. */
import type { DeviceId, UserId } from '@poruch/base'
import { expect, test } from 'vitest'
import { checkSorted } from '../shape.ts'
import type { UserLogState } from '../user-log/state.ts'
import { pinDevices } from './devices.ts'
import type { Judging } from './judging.ts'
import { makeState } from './state.ts'

function logOf(user: string, ...devices: readonly string[]): UserLogState {
  const key = new Uint8Array(32)
  return {
    user: user as UserId,
    recoverySign: key,
    recoveryHpke: key,
    head: '00'.repeat(32) as UserLogState['head'],
    seq: 1,
    devices: devices.map((device) => ({ device: device as DeviceId, hpke: key, transport: key, live: true })),
    puk: null,
  }
}

test('[ID26] two devices with the same first eight bytes are not both taken, of one user or of two', () => {
  const first = 'ab'.repeat(32)
  const alike = 'ab'.repeat(8) + 'cd'.repeat(24)
  const judging: Pick<Judging, 'state' | 'pos'> = { state: makeState(), pos: 3 }
  const pin = (log: UserLogState) => pinDevices(judging as Judging, log, null)
  expect(pin(logOf('u1', first))).toBeNull()
  expect(pin(logOf('u1', first, alike))).toMatchObject({ reason: 'device-taken' })
  expect(pin(logOf('u2', alike))).toMatchObject({ reason: 'device-taken' })
  expect(pin(logOf('u2', 'ab'.repeat(7) + 'cd'.repeat(25)))).toBeNull()
})

test('[ID3] a list that names one thing twice, or is out of order, is refused', () => {
  expect(() => checkSorted(['a', 'b', 'c'])).not.toThrow()
  expect(() => checkSorted(['a', 'b', 'b'])).toThrow('bad-shape')
  expect(() => checkSorted(['b', 'a'])).toThrow('bad-shape')
})
