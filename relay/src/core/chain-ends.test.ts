import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { expect, test } from 'vitest'
import { makeChainEnds } from './chain-ends.ts'
import { maxKnownEnds } from './limits.ts'

const topic = 'aa'.repeat(32) as TopicId
const other = 'bb'.repeat(32) as TopicId
const device = (n: number): DeviceId => n.toString(16).padStart(64, '0') as DeviceId
const end = { seq: 3, id: 'cc'.repeat(32) as EnvelopeId, pos: 7 }

test('[RE191] knows the end of a chain and what is past it; before it only the database knows', () => {
  const ends = makeChainEnds()
  expect(ends.at(topic, device(1), 1)).toBe('unknown')
  ends.moved(topic, device(1), end)
  expect(ends.at(topic, device(1), 2)).toBe('unknown')
  expect(ends.at(topic, device(1), 3)).toMatchObject({ id: end.id, pos: 7 })
  expect(ends.at(topic, device(1), 4)).toBeNull()
  expect(ends.at(topic, device(1), 5)).toBe('unknown')
  ends.moved(topic, device(1), { ...end, seq: 2 })
  expect(ends.at(topic, device(1), 3)).toMatchObject({ id: end.id })
  expect(ends.at(other, device(1), 3)).toBe('unknown')
  expect(ends.at(topic, device(2), 3)).toBe('unknown')
})

test('[RE191] forgets a topic of which something was lost, and no other', () => {
  const ends = makeChainEnds()
  for (const each of [topic, other]) ends.moved(each, device(1), end)
  ends.forget(topic)
  expect(ends.at(topic, device(1), 4)).toBe('unknown')
  expect(ends.at(other, device(1), 4)).toBeNull()
})

test('[RE191] keeps the ends that moved last', () => {
  const ends = makeChainEnds()
  for (let n = 0; n < maxKnownEnds; n++) ends.moved(topic, device(n), end)
  ends.moved(topic, device(0), { ...end, seq: 4 })
  ends.moved(topic, device(maxKnownEnds), end)
  expect(ends.at(topic, device(0), 5)).toBeNull()
  expect(ends.at(topic, device(1), 4)).toBe('unknown')
  expect(ends.at(topic, device(maxKnownEnds), 4)).toBeNull()
})
