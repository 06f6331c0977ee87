/** What is known of a relay: its cursor never passes what is not safe, and its refusals are answered ever more slowly. */
import type { DeviceId, EnvelopeId } from '@poruch/base'
import { makeSyncWorld } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import type { Core } from '../engine/core.ts'
import { makeRelayBook } from './book.ts'
import { makeRefusals } from './refusals.ts'

const world = makeSyncWorld()
const { topic } = world
const device = 'dd'.repeat(32) as DeviceId
const idOf = (seq: number): EnvelopeId => seq.toString(16).padStart(64, '0') as EnvelopeId

async function bookAndPlace() {
  const { store } = await world.join()
  const core: Pick<Core, 'store' | 'clock' | 'log'> = { store, clock: world.clock, log: () => {} }
  const book = makeRelayBook(core as Core, 'relay', () => {})
  return { book, place: await book.load(topic), cursor: async () => store.cursor('relay', topic) }
}

test('[SY32] an entry behind one that waits in memory does not move the cursor on disk', async () => {
  const { book, place, cursor } = await bookAndPlace()
  book.advance(topic, 1, null)
  place.unsettled++
  book.advance(topic, 2, idOf(2))
  await book.save()
  expect(await cursor()).toMatchObject({ seq: 0, id: null })
  place.unsettled--
  book.advance(topic, 1, idOf(1))
  await book.save()
  expect(await cursor()).toMatchObject({ seq: 2, id: idOf(2) })
})

test('[SY90] what an earlier reading left waiting counts no more once reading has begun again', async () => {
  for (const again of ['begin', 'reread', 'refresh'] as const) {
    const { book } = await bookAndPlace()
    const isCounted = book.wait(topic, 1)
    await book[again](topic)
    expect(isCounted()).toBe(false)
    expect(book.placeOf(topic)).toMatchObject({ unsettled: 0, seen: 0 })
  }
})

test('[SY90] what waited and is refused then keeps the cursor before it, however far reading has come', async () => {
  const { book, place, cursor } = await bookAndPlace()
  const isCounted = book.wait(topic, 1)
  book.advance(topic, 2, idOf(2))
  expect(isCounted()).toBe(true)
  book.passOver(topic, 1)
  await book.save()
  expect(await cursor()).toMatchObject({ seq: 0, id: null })
  book.reread(topic)
  expect(place).toMatchObject({ seen: 0 })
})

test('[SY32] a rewind goes back to what is on disk', async () => {
  const { book, place } = await bookAndPlace()
  book.advance(topic, 1, idOf(1))
  await book.save()
  book.advance(topic, 2, idOf(2))
  book.advance(topic, 3, null)
  book.rewind(topic)
  expect(place).toMatchObject({ read: { seq: 1, id: idOf(1) }, seen: 1 })
})

test('[SY34] what a relay holds only grows by what it acknowledges', async () => {
  const { book, place } = await bookAndPlace()
  book.raise(topic, device, 5)
  book.raise(topic, device, 3)
  expect(place.holds.get(device)).toBe(5)
  book.lower(topic, device, 3)
  expect(place.holds.get(device)).toBe(3)
})

test('[SY31] places of own envelopes are kept until the order reaches them, and no longer', async () => {
  const { book, place } = await bookAndPlace()
  for (const seq of [2, 3]) place.acked.set(seq, idOf(seq))
  book.advance(topic, 0, null)
  expect(place.seen).toBe(0)
  book.advance(topic, 1, idOf(1))
  expect(place).toMatchObject({ seen: 3, read: { seq: 3, id: idOf(3) } })
  expect(place.acked.size).toBe(0)
})

test('[SY34] a chain that cannot be taken now rests ever longer, up to five minutes', () => {
  const refusals = makeRefusals()
  const refusal = { topic, device, seq: 1, code: 'disk-full' }
  const delays = Array.from({ length: 8 }, () => refusals.add(refusal)).map((answer) =>
    answer.kind === 'rest' ? answer.delayMs : answer.kind,
  )
  expect(delays).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
})
