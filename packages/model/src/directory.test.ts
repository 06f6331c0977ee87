/** Names and titles: who may state them, and which one counts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { DeviceId, UserId } from '@poruch/base'
import { arrayNameOf, directoryView, isDirectoryTuple, setDirectoryValue } from './index.ts'
import type { DirectoryJudge } from './index.ts'

const admin = 'a1'.repeat(32) as DeviceId
const editor = 'b0'.repeat(32) as DeviceId
const viewer = 'c0'.repeat(32) as DeviceId
const stranger = 'd0'.repeat(32) as DeviceId
const userOf = (device: DeviceId): UserId => device as string as UserId
const roles: Record<string, number> = { [admin]: 4, [editor]: 3, [viewer]: 1 }
const judge: DirectoryJudge = { roleOf: (device) => roles[device] ?? 0, userOf }
const channel = `title/${'0f'.repeat(28)}` as const

test('[MO18] takes the workspace from admins, titles from editors, and from each member the own name', () => {
  const doc = new Y.Doc()
  for (const [index, device] of [admin, editor, viewer, stranger].entries()) {
    for (const key of ['workspace', channel, 'name'] as const) {
      setDirectoryValue(doc, device, { key, value: `${key} by ${device.slice(0, 2)}`, lamport: index })
    }
  }
  expect(directoryView(doc, judge).read()).toEqual({
    workspace: 'workspace by a1',
    titles: new Map([['0f'.repeat(28), `${channel} by b0`]]),
    names: new Map([
      [userOf(admin), 'name by a1'],
      [userOf(editor), 'name by b0'],
      [userOf(viewer), 'name by c0'],
    ]),
    words: [],
  })
})

test('[MO19] the newest by (lamport, device) counts, in any order of delivery', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ by: fc.boolean(), lamport: fc.nat(5) }), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      (facts, reverse) => {
        const docs = [Object.assign(new Y.Doc(), { clientID: 1 }), Object.assign(new Y.Doc(), { clientID: 2 })] as const
        for (const [n, { by, lamport }] of facts.entries()) {
          setDirectoryValue(docs[by ? 0 : 1], by ? admin : editor, { key: channel, value: `value ${n}`, lamport })
        }
        const updates = docs.map((doc) => Y.encodeStateAsUpdate(doc))
        const merged = new Y.Doc()
        const view = directoryView(merged, judge)
        for (const update of reverse ? updates.toReversed() : updates) {
          Y.applyUpdate(merged, update)
          view.read()
        }
        const newest = facts
          .map((fact, n) => ({ ...fact, n }))
          .toSorted((a, b) => a.lamport - b.lamport || Number(b.by) - Number(a.by) || a.n - b.n)
          .at(-1)
        expect([...view.read().titles.values()]).toEqual([`value ${newest?.n}`])
      },
    ),
    { seed: 19, numRuns: 60 },
  )
})

test('[MO20] leaves out unknown keys and unreadable tuples, and never throws', () => {
  const doc = new Y.Doc()
  doc
    .getArray(arrayNameOf(admin))
    .push([null, ['workspace'], ['workspace', 7, 1], ['later', 'x', 1], ['title/zz', 'x', 1], ['workspace', 'x', -1]])
  expect(directoryView(doc, judge).read()).toEqual({ workspace: '', titles: new Map(), names: new Map(), words: [] })
})

test('[MO48] takes words on changes of owners from owners, the last one of each device', () => {
  const doc = new Y.Doc()
  const owner = 'e0'.repeat(32) as DeviceId
  const other = 'f0'.repeat(32) as DeviceId
  const key = `owner/3/${'ab'.repeat(32)}/5` as const
  for (const [lamport, device] of [owner, other, admin, owner].entries())
    setDirectoryValue(doc, device, { key, value: `${lamport}`, lamport })
  const view = directoryView(doc, { roleOf: (device) => (device === owner || device === other ? 5 : (roles[device] ?? 0)), userOf })
  expect(view.read().words.toSorted((a, b) => (a.device < b.device ? -1 : 1))).toEqual([
    { key, device: owner, value: '3' },
    { key, device: other, value: '1' },
  ])
  for (const bad of [`owner/03/${'ab'.repeat(32)}/5`, `owner/3/${'ab'.repeat(32)}/6`, `owner/3/${'ab'.repeat(31)}/5`] as const)
    expect(() => setDirectoryValue(doc, owner, { key: bad, value: 'x', lamport: 9 })).toThrow('bad-id')
})

test('[MO48] of words on the relay counts the last one of each device, whatever it is on; those of who is no owner do not', () => {
  const doc = new Y.Doc()
  const owner = 'e0'.repeat(32) as DeviceId
  const [first, second] = [`relay/3/${'ab'.repeat(32)}`, `relay/3/${'cd'.repeat(32)}`] as const
  for (const [lamport, key] of [first, second].entries()) setDirectoryValue(doc, owner, { key, value: '7/00', lamport })
  setDirectoryValue(doc, admin, { key: first, value: '7/00', lamport: 5 })
  const view = directoryView(doc, { roleOf: (device) => (device === owner ? 5 : (roles[device] ?? 0)), userOf })
  expect(view.read().words).toEqual([{ key: second, device: owner, value: '7/00' }])
  for (const bad of [`relay/03/${'ab'.repeat(32)}`, `relay/3/${'ab'.repeat(31)}`] as const)
    expect(() => setDirectoryValue(doc, owner, { key: bad, value: 'x', lamport: 9 })).toThrow('bad-id')
})

test('[MO20] reads anew when roles have changed', () => {
  const doc = new Y.Doc()
  setDirectoryValue(doc, stranger, { key: 'workspace', value: 'Later admin', lamport: 1 })
  let role = 0
  const view = directoryView(doc, { roleOf: () => role, userOf })
  expect(view.read().workspace).toBe('')
  role = 4
  view.refresh()
  expect(view.read().workspace).toBe('Later admin')
})

test('[MO21] bounds what is written and what is taken', () => {
  const doc = new Y.Doc()
  expect(() => setDirectoryValue(doc, admin, { key: 'name', value: '', lamport: 1 })).toThrow('empty')
  expect(() => setDirectoryValue(doc, admin, { key: 'name', value: 'x'.repeat(201), lamport: 1 })).toThrow('too-long')
  expect(() => setDirectoryValue(doc, admin, { key: 'title/zz', value: 'x', lamport: 1 })).toThrow('bad-id')
  expect(() => setDirectoryValue(doc, admin, { key: 'name', value: 'x', lamport: 2 ** 48 })).toThrow('bad-number')
  const origin = { device: admin, lamports: { from: 1, to: 1 } }
  expect(isDirectoryTuple(['name', 'x', 1], origin)).toBe(true)
  expect(isDirectoryTuple(['later', 'x', 1, null], origin)).toBe(true)
  for (const tuple of [['name', 'x', 2], ['name', 'x'.repeat(201), 1], ['name', '', 1], ['name', 'x'], [7, 'x', 1], 'name', null]) {
    expect(isDirectoryTuple(tuple, origin)).toBe(false)
  }
})
