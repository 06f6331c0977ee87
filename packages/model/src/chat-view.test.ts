/** What a chat shows, whatever the order in which it came. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { DeviceId, UserId } from '@poruch/base'
import { appendDeletion, appendEdit, appendMessage, arrayNameOf, messageIdOf, messagesOf } from './index.ts'
import type { ChatReader } from './index.ts'

const alice = 'a1'.repeat(32) as DeviceId
const alicePhone = 'a2'.repeat(32) as DeviceId
const bob = 'b0'.repeat(32) as DeviceId
const devices = [alice, alicePhone, bob]
const users: Record<string, UserId> = {
  [alice]: 'aa'.repeat(32) as UserId,
  [alicePhone]: 'aa'.repeat(32) as UserId,
  [bob]: 'bb'.repeat(32) as UserId,
}
const reader: ChatReader = { userOf: (device) => users[device] ?? null }

const say = (doc: Y.Doc, device: DeviceId, n: number, lamport: number, text = `${device.slice(0, 2)} ${n}`): void => {
  appendMessage(doc, device, { id: messageIdOf(device, n), lamport, wallTime: 1, text })
}
const textsOf = (doc: Y.Doc): string[] =>
  messagesOf(doc, reader)
    .read()
    .map((message) => message.text)

test('[MO12] orders by lamport, then device, then the own number of the device', () => {
  const doc = new Y.Doc()
  say(doc, bob, 1, 1, 'first')
  say(doc, alice, 1, 2, 'second')
  say(doc, alice, 2, 2, 'third')
  say(doc, bob, 2, 2, 'fourth')
  expect(textsOf(doc)).toEqual(['first', 'second', 'third', 'fourth'])
})

test('[MO13] shows the newest text of the same user, from any of the devices; a deletion is final', () => {
  const doc = new Y.Doc()
  say(doc, alice, 1, 1, 'tpyo')
  say(doc, alice, 2, 2, 'regretted')
  const stamp = (device: DeviceId, n: number, lamport: number) => ({ id: messageIdOf(device, n), lamport, wallTime: 1 })
  appendEdit(doc, alicePhone, { ...stamp(alicePhone, 1, 4), targetId: messageIdOf(alice, 1), text: 'typo' })
  appendEdit(doc, alice, { ...stamp(alice, 3, 3), targetId: messageIdOf(alice, 1), text: 'older edit' })
  appendDeletion(doc, alice, { ...stamp(alice, 4, 5), targetId: messageIdOf(alice, 2) })
  appendEdit(doc, alice, { ...stamp(alice, 5, 6), targetId: messageIdOf(alice, 2), text: 'back again' })
  expect(messagesOf(doc, reader).read()).toMatchObject([
    { text: 'typo', edited: true, deleted: false },
    { text: '', deleted: true },
  ])
})

test("[MO14] lets nobody change another's message, nor a device whose user is unknown", () => {
  const doc = new Y.Doc()
  say(doc, alice, 1, 1, 'I stay')
  appendEdit(doc, bob, { id: messageIdOf(bob, 1), targetId: messageIdOf(alice, 1), lamport: 2, wallTime: 1, text: 'I resign' })
  appendDeletion(doc, bob, { id: messageIdOf(bob, 2), targetId: messageIdOf(alice, 1), lamport: 3, wallTime: 1 })
  expect(textsOf(doc)).toEqual(['I stay'])
  appendEdit(doc, alicePhone, { id: messageIdOf(alicePhone, 1), targetId: messageIdOf(alice, 1), lamport: 2, wallTime: 1, text: 'I go' })
  const known = new Map<string, UserId>()
  const view = messagesOf(doc, { userOf: (device) => known.get(device) ?? null })
  expect(view.read()[0]?.text).toBe('I stay')
  for (const device of [alice, alicePhone]) known.set(device, users[device] as UserId)
  view.refresh()
  expect(view.read()[0]?.text).toBe('I go')
})

test('[MO15] leaves out what it cannot read, and never throws', () => {
  const doc = new Y.Doc()
  say(doc, alice, 1, 1, 'good')
  doc
    .getArray(arrayNameOf(alice))
    .push([null, 7, [0], [9, messageIdOf(alice, 2), null, 1, 1, {}], [0, messageIdOf(bob, 9), null, 1, 1, 'forged']])
  doc.getArray(arrayNameOf(alice)).push([[0, messageIdOf(alice, 1), null, 2, 1, 'same id again']])
  doc.getMap(arrayNameOf(bob)).set('key', 'a map in the place of an array')
  doc.getText('else').insert(0, 'text')
  expect(textsOf(doc)).toEqual(['good'])
})

test('[MO15] of one id the first tuple counts, however the device numbers its messages', () => {
  const doc = new Y.Doc()
  const view = messagesOf(doc, reader)
  for (const n of [5, 2, 2, 7]) say(doc, alice, n, 1, `first ${n}`)
  expect(view.read()).toHaveLength(3)
  for (const n of [2, 5, 6, 7, 8]) say(doc, alice, n, 1, `second ${n}`)
  const shown = ['first 2', 'first 5', 'second 6', 'first 7', 'second 8']
  expect(view.read().map(({ text }) => text)).toEqual(shown)
  expect(textsOf(doc)).toEqual(shown)
  appendEdit(doc, alice, { id: messageIdOf(alice, 9), targetId: messageIdOf(alice, 2), lamport: 2, wallTime: 1, text: 'edited' })
  say(doc, alice, 10, 3, 'last')
  say(doc, alice, 6, 3, 'third 6')
  expect(view.read().map(({ text }) => text)).toEqual(['edited', ...shown.slice(1), 'last'])
  expect(textsOf(doc)).toEqual(view.read().map(({ text }) => text))
})

test('[MO16] tells listeners once for each change, and nothing after they have gone', () => {
  const doc = new Y.Doc()
  const view = messagesOf(doc, reader)
  let told = 0
  const leave = view.subscribe(() => told++)
  say(doc, alice, 1, 1)
  doc.getMap('else').set('key', 1)
  expect(told).toBe(1)
  const first = view.read()[0]
  say(doc, bob, 1, 2)
  expect(told).toBe(2)
  expect(view.read()[0]).toBe(first)
  expect(view.read()).toBe(view.read())
  leave()
  leave()
  say(doc, bob, 2, 3)
  expect(told).toBe(2)
  expect(view.read()).toHaveLength(3)
})

test('[MO16] tells of a change that was first read inside the same transaction', () => {
  const doc = new Y.Doc()
  const view = messagesOf(doc, reader)
  let told = 0
  view.subscribe(() => told++)
  doc.transact(() => {
    say(doc, alice, 1, 1)
    expect(view.read()).toHaveLength(1)
  })
  expect(told).toBe(1)
})

const step = fc.record({ device: fc.nat(2), lamportStep: fc.nat(2), kind: fc.nat(2), target: fc.nat(20) })

test('[MO17] any order of delivery ends in the same view, read at each step or only at the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }), (steps, order) => {
      const authors = devices.map((_, index) => Object.assign(new Y.Doc(), { clientID: index + 1 }))
      const updates: { device: number; update: Uint8Array; rank: number }[] = []
      const lamports = [0, 0, 0]
      for (const [n, { device, lamportStep, kind, target }] of steps.entries()) {
        const author = authors[device] as Y.Doc
        const own = devices[device] as DeviceId
        const stamp = { id: messageIdOf(own, n), lamport: (lamports[device] = (lamports[device] ?? 0) + lamportStep), wallTime: 1 }
        const targetId = messageIdOf(devices[target % 3] as DeviceId, target)
        const before = Y.encodeStateVector(author)
        if (kind === 0) appendMessage(author, own, { ...stamp, text: `text ${n}` })
        else if (kind === 1) appendEdit(author, own, { ...stamp, targetId, text: `edit ${n}` })
        else appendDeletion(author, own, { ...stamp, targetId })
        updates.push({ device, update: Y.encodeStateAsUpdate(author, before), rank: order[n] ?? 0 })
      }
      const straight = new Y.Doc()
      for (const { update } of updates) Y.applyUpdate(straight, update)
      const shuffled = new Y.Doc()
      const view = messagesOf(shuffled, reader)
      // Among devices any order; within one its own, as the log hands them over.
      const queues = devices.map((_, device) => updates.filter((one) => one.device === device))
      for (const { rank } of updates) {
        const open = queues.filter((queue) => queue.length > 0)
        const next = open[rank % open.length]?.shift()
        if (next) Y.applyUpdate(shuffled, next.update)
        view.read()
      }
      expect(view.read()).toEqual(messagesOf(straight, reader).read())
    }),
    { seed: 17, numRuns: 100 },
  )
})

test('[MO17] two tabs of one device that write side by side show the same everywhere', () => {
  const tabs = [1, 2].map((clientID) => Object.assign(new Y.Doc(), { clientID }))
  for (const [index, tab] of tabs.entries()) for (const n of [0, 1]) say(tab, alice, 2 * n + index, n + 1)
  const updates = tabs.map((tab) => Y.encodeStateAsUpdate(tab))
  const views = [updates, updates.toReversed()].map((order) => {
    const doc = new Y.Doc()
    const view = messagesOf(doc, reader)
    for (const update of order) {
      Y.applyUpdate(doc, update)
      view.read()
    }
    return view.read()
  })
  expect(views[0]).toEqual(views[1])
  expect(views[0]).toHaveLength(4)
})
