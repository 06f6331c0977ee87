import { encodeUtf8 } from '@poruch/base'
import { expect, test } from 'vitest'
import { readStateless, writeStateless } from './stateless.ts'

test('[HO1] frames are found in the messages that carry them, whatever their length, and nothing else is', () => {
  for (const size of [1, 95, 96, 97, 12_287, 12_288, 200_000]) {
    const frame = new Uint8Array(size).fill(7)
    expect(readStateless(writeStateless('session/ab', frame))).toEqual({ document: 'session/ab', frames: [frame] })
  }
  expect(readStateless(writeStateless('session/ab', 'no base64!'))).toEqual({ document: 'session/ab', frames: null })
  // Type 0 asks for a state; the rest is cut off or empty.
  expect(readStateless(Uint8Array.of(1, 97, 0, 0))).toBeNull()
  for (const end of [0, 1, 5, 12]) expect(readStateless(writeStateless('session/ab', encodeUtf8('xyz')).subarray(0, end))).toBeNull()
})
