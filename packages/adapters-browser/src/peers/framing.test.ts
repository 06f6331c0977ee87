import { streamPair } from '@libp2p/utils'
import type { Bytes, Clock } from '@poruch/base'
import { maxFrameSizeBytes } from '@poruch/sync/wire'
import { systemClock } from '@poruch/base'
import fc from 'fast-check'
import { encode as encodeVarint } from 'uint8-varint'
import { expect, test, vi } from 'vitest'
import { frameStream } from './framing.ts'

vi.setConfig({ testTimeout: 30_000 }) // on a busy machine

const stillClock: Clock = { now: () => 0, after: () => () => undefined }

function collect(count: number, listen: (listener: (frame: Bytes) => void) => void): Promise<readonly Bytes[]> {
  return new Promise((resolve) => {
    const frames: Bytes[] = []
    listen((frame) => {
      frames.push(frame)
      if (frames.length === count) resolve(frames)
    })
  })
}

async function linkPair() {
  const [near, far] = await streamPair({ delay: 0 })
  return { near, far, link: frameStream(near, { clock: stillClock }) }
}

function closing(link: { onClose(listener: (reason: string) => void): unknown }): Promise<string> {
  return new Promise((resolve) => link.onClose(resolve))
}

test('[AB30] gives the other side the same frames in the same order, whatever their sizes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 10 }), async (sent) => {
      const { link, far } = await linkPair()
      const other = frameStream(far, { clock: stillClock })
      const arrived = collect(sent.length, (listener) => other.onFrame(listener))
      for (const frame of sent) expect(link.send(new Uint8Array(frame))).toBe(true)
      expect(await arrived).toEqual(sent.map((frame) => new Uint8Array(frame)))
      link.close('done')
    }),
    { seed: 30, numRuns: 20 },
  )
})

test('[AB30] carries the largest frame in pieces', async () => {
  const { link, far } = await linkPair()
  const other = frameStream(far, { clock: systemClock })
  const frame = new Uint8Array(maxFrameSizeBytes).map((_, index) => index % 251)
  const arrived = collect(1, (listener) => other.onFrame(listener))
  expect(link.send(frame)).toBe(true)
  expect((await arrived)[0]).toEqual(frame)
  link.close('done')
})

test('[AB31] cuts off a peer that states a frame over the bound', async () => {
  const { link, far } = await linkPair()
  far.send(encodeVarint(maxFrameSizeBytes + 1))
  expect(await closing(link)).toBe('bad-frame')
})

test('[AB31] ends with the other side', async () => {
  const { link, far } = await linkPair()
  const other = frameStream(far, { clock: stillClock })
  const ended = closing(other)
  link.close('stopped')
  expect(await ended).toBe('closed')
})

test('[AB32] says no once too much waits for a peer that does not read', async () => {
  const { link, far } = await linkPair()
  far.pause()
  const frame = new Uint8Array(maxFrameSizeBytes)
  const answers = Array.from({ length: 5 }, () => link.send(frame))
  expect(answers[0]).toBe(true)
  expect(answers.at(-1)).toBe(false)
  expect(link.bufferedBytes()).toBeGreaterThan(0)
  link.close('done')
})
