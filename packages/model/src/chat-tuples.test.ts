/** Which tuples a chat takes, from the guard's and from the writer's side. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { DeviceId } from '@poruch/base'
import {
  ModelError,
  appendDeletion,
  appendEdit,
  appendMessage,
  isChatTuple,
  messageIdOf,
  messageMaxCharacters,
  parseMessageId,
} from './index.ts'

const alice = 'a1'.repeat(32) as DeviceId
const bob = 'b0'.repeat(32) as DeviceId
const origin = { device: alice, lamports: { from: 5, to: 7 } }
const id = messageIdOf(alice, 1)

test('[MO9] takes messages, edits and deletions, and kinds of later versions with the same common fields', () => {
  expect(isChatTuple([0, id, null, 5, 0, 'text'], origin)).toBe(true)
  expect(isChatTuple([1, id, messageIdOf(bob, 0), 6, 0, 'text'], origin)).toBe(true)
  expect(isChatTuple([2, id, messageIdOf(bob, 0), 7, 0, null], origin)).toBe(true)
  expect(isChatTuple([9, id, null, 6, 0, { any: ['thing'] }, true], origin)).toBe(true)
})

test.each([
  ['no array', { 0: 0 }],
  ['too few fields', [0, id, null, 5, 0]],
  ['too many fields', [0, id, null, 5, 0, 'text', ...Array.from({ length: 11 }, () => null)]],
  ['a kind that is no number', ['0', id, null, 5, 0, 'text']],
  ["another device's id", [0, messageIdOf(bob, 1), null, 5, 0, 'text']],
  ['an id without a number', [0, `${alice}|`, null, 5, 0, 'text']],
  ['an id with a leading zero', [0, `${alice}|01`, null, 5, 0, 'text']],
  ['a message with a target', [0, id, id, 5, 0, 'text']],
  ['an edit without a target', [1, id, null, 5, 0, 'text']],
  ['a deletion with a body', [2, id, id, 5, 0, 'text']],
  ['a body that is no text', [0, id, null, 5, 0, 7]],
  ['a text over the limit', [0, id, null, 5, 0, 'x'.repeat(messageMaxCharacters + 1)]],
  ['a lamport below what the envelope allows', [0, id, null, 4, 0, 'text']],
  ['a lamport above what the envelope allows', [0, id, null, 8, 0, 'text']],
  ['a lamport that is no integer', [0, id, null, 5.5, 0, 'text']],
  ['a wall time over 48 bits', [0, id, null, 5, 2 ** 48, 'text']],
  ['a negative wall time', [0, id, null, 5, -1, 'text']],
])('[MO9] refuses %s', (_, tuple) => {
  expect(isChatTuple(tuple, origin)).toBe(false)
})

test('[MO10] reads back the ids it makes, and no other text', () => {
  expect(parseMessageId(messageIdOf(alice, 2 ** 53 - 1))).toEqual({ device: alice, n: 2 ** 53 - 1 })
  expect(parseMessageId(`${alice}|9999999999999999`)).toBeNull()
  expect(parseMessageId(`${alice.toUpperCase()}|1`)).toBeNull()
  expect(() => messageIdOf(alice, -1)).toThrow(ModelError)
})

test('[MO11] a command writes one tuple in one transaction, or nothing', () => {
  const doc = new Y.Doc()
  let transactions = 0
  doc.on('afterTransaction', () => transactions++)
  appendMessage(doc, alice, { id, lamport: 1, wallTime: 2, text: 'x'.repeat(messageMaxCharacters) })
  appendEdit(doc, alice, { id: messageIdOf(alice, 2), targetId: id, lamport: 2, wallTime: 2, text: 'new' })
  appendDeletion(doc, alice, { id: messageIdOf(alice, 3), targetId: id, lamport: 3, wallTime: 2 })
  expect(transactions).toBe(3)
  const stamp = { id: messageIdOf(alice, 4), lamport: 4, wallTime: 4 }
  const before = Y.encodeStateAsUpdate(doc)
  expect(() => appendMessage(doc, alice, { ...stamp, text: '' })).toThrow('empty')
  expect(() => appendMessage(doc, alice, { ...stamp, text: 'x'.repeat(messageMaxCharacters + 1) })).toThrow('too-long')
  expect(() => appendMessage(doc, bob, { ...stamp, text: 'x' })).toThrow('bad-id')
  expect(() => appendMessage(doc, alice, { ...stamp, lamport: -1, text: 'x' })).toThrow('bad-number')
  expect(() => appendMessage(doc, alice, { ...stamp, wallTime: 2 ** 48, text: 'x' })).toThrow('bad-number')
  expect(() => appendEdit(doc, alice, { ...stamp, targetId: 'else', text: 'x' })).toThrow('bad-id')
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
})
