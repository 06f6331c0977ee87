import type { Bytes } from '@poruch/base'
import { maxFrameSizeBytes } from '@poruch/sync/wire'
import { expect, test, vi } from 'vitest'
import { carryLink, maxBufferedBytes, maxEarlyBytes } from './frame-link.ts'

function makeCarrier(bufferedBytes = 0) {
  const sent: Bytes[] = []
  const closed: string[] = []
  const carried = carryLink({
    send: (frame) => {
      sent.push(frame)
    },
    bufferedBytes: () => bufferedBytes,
    close: (reason) => {
      closed.push(reason)
    },
  })
  return { ...carried, sent, closed }
}

test('[AB21] sends no frame over its bound of bytes that wait', () => {
  const full = makeCarrier(maxBufferedBytes)
  expect(full.link.send(Uint8Array.of(1))).toBe(false)
  expect(full.sent).toEqual([])
  const free = makeCarrier(maxBufferedBytes - 1)
  expect(free.link.send(Uint8Array.of(1))).toBe(true)
  expect(free.sent).toEqual([Uint8Array.of(1)])
})

test('[AB21] refuses a frame of its own side that is larger than any frame may be', () => {
  const { link } = makeCarrier()
  expect(() => link.send(new Uint8Array(maxFrameSizeBytes + 1))).toThrow('frame-too-large')
})

test('[AB22] keeps frames that come before anyone listens, in order', async () => {
  const { link, deliver } = makeCarrier()
  const heard: number[] = []
  deliver(Uint8Array.of(1))
  deliver(Uint8Array.of(2))
  link.onFrame((frame) => heard.push(frame[0] ?? 0))
  deliver(Uint8Array.of(3))
  await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]))
  deliver(Uint8Array.of(4))
  expect(heard).toEqual([1, 2, 3, 4])
})

test('[AB22] closes a link that nobody listens to when too much has come', () => {
  const { link, deliver, closed } = makeCarrier()
  deliver(new Uint8Array(maxEarlyBytes))
  expect(closed).toEqual([])
  deliver(Uint8Array.of(1))
  expect(closed).toEqual(['frames-unread'])
  expect(link.send(Uint8Array.of(1))).toBe(false)
})

test('[AB23] tells its end once, also to who asks later, and nothing afterwards', async () => {
  const { link, deliver, ended, closed } = makeCarrier()
  const heard: string[] = []
  link.onFrame(() => heard.push('frame'))
  link.onClose((reason) => heard.push(reason))
  ended('offline')
  ended('again')
  link.close('too late')
  deliver(Uint8Array.of(1))
  expect(heard).toEqual(['offline'])
  expect(closed).toEqual([])
  const later = await new Promise((resolve) => link.onClose(resolve))
  expect(later).toBe('offline')
})
