/** Who is there, told one by one. */
import type { DeviceId } from '@poruch/base'
import { expect, test } from 'vitest'
import { makePresence } from './presence.ts'

test('[RP183] who was removed, or has gone, is not expected', () => {
  const presence = makePresence()
  const [bob, carol] = ['0b'.repeat(32) as DeviceId, '0c'.repeat(32) as DeviceId]
  for (const device of [bob, carol]) expect(presence.note({ device, session: 'first', isLeaving: false })).toBe(true)
  expect(presence.isAny(() => true)).toBe(true)
  expect(presence.note({ device: carol, session: 'first', isLeaving: true })).toBe(false)
  expect(presence.isAny((device) => device !== bob)).toBe(false)
})
