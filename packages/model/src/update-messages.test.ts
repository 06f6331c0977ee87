/** Messages that stand in no document. */
import type { DeviceId } from '@poruch/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { appendDeletion, appendMessage, arrayNameOf, messageIdOf, messagesInUpdate } from './index.ts'

const bob = 'b0'.repeat(32) as DeviceId
const mallory = 'ee'.repeat(32) as DeviceId

test("[MO22] reads the author's own messages out of an update, in order, and leaves the rest out", () => {
  const doc = new Y.Doc()
  const stamp = (n: number) => ({ id: messageIdOf(bob, n), lamport: n, wallTime: 7 })
  appendMessage(doc, bob, { ...stamp(1), text: 'one' })
  appendDeletion(doc, bob, { ...stamp(2), targetId: messageIdOf(bob, 1) })
  appendMessage(doc, bob, { ...stamp(3), text: 'two' })
  doc.getArray(arrayNameOf(bob)).push([null, [0], [0, messageIdOf(mallory, 1), null, 1, 1, 'forged']])
  doc.getMap('s').set('key', new Y.Map())
  expect(messagesInUpdate(Y.encodeStateAsUpdate(doc), bob)).toEqual([
    { id: messageIdOf(bob, 1), text: 'one', wallTime: 7 },
    { id: messageIdOf(bob, 3), text: 'two', wallTime: 7 },
  ])
})

test('[MO22] of bytes that are no update, or over the bound, it reads nothing', () => {
  expect(messagesInUpdate(new Uint8Array(262_145), bob)).toEqual([])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(messagesInUpdate(noise, bob)).toEqual([])
    }),
    { seed: 22, numRuns: 300 },
  )
})
