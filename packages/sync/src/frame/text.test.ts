import { toBase64 } from '@poruch/base'
import { maxFrameSizeBytes, parseFrameText } from '@poruch/sync/wire'
import { expect, test } from 'vitest'

const one = Uint8Array.of(7)
const two = Uint8Array.of(1, 2, 3, 4)
const text = (...frames: Uint8Array[]): string => frames.map((frame) => toBase64(frame)).join(' ')

test('[SY92] one message carries one frame or several, in order', () => {
  expect(parseFrameText(text(one))).toEqual([one])
  expect(parseFrameText(text(two, one, two))).toEqual([two, one, two])
  const largest = new Uint8Array(maxFrameSizeBytes)
  expect(parseFrameText(text(largest))).toEqual([largest])
})

test.each([
  ['nothing', ''],
  ['other text', 'no base64!'],
  ['an empty frame among others', `${text(one)}  ${text(two)}`],
  ['a space at the end', `${text(one)} `],
  ['another space', `${text(one)}\n${text(two)}`],
  ['one that is not canonical', `${text(two)} AB==`],
  ['one that is too long', text(new Uint8Array(maxFrameSizeBytes + 3))],
  ['several that are too long together', text(new Uint8Array(maxFrameSizeBytes), one)],
])('[SY92] nothing counts of a message with %s', (_name, message) => {
  expect(parseFrameText(message)).toBeNull()
})
