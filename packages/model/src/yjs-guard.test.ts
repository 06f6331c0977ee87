/** The guard against each way in which an update could do more than append its author's tuples. */
import * as encoding from 'lib0/encoding'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { DeviceId } from '@poruch/base'
import { appendMessage, arrayNameOf, checkUpdate, isChatTuple, messageIdOf, updateMaxTuples } from './index.ts'
import type { UpdateOrigin } from './index.ts'

const alice = 'a1'.repeat(32) as DeviceId
const mallory = 'ee'.repeat(32) as DeviceId
const clientId = 7_000_000_000_000_007
const open = { from: 0, to: 2 ** 48 - 1 }

function originOf(change: Partial<UpdateOrigin> = {}): UpdateOrigin {
  return { clientId, device: alice, ownClients: new Set(), lamports: open, schema: isChatTuple, ...change }
}

function docOf(id: number): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = id
  return doc
}

function tupleOf(device: DeviceId, n: number, body: unknown = 'text'): unknown[] {
  return [0, messageIdOf(device, n), null, n, 1, body]
}

/** What the change would send, made by Yjs itself. */
function updateOf(doc: Y.Doc, change: (doc: Y.Doc) => void): Uint8Array {
  const before = Y.encodeStateVector(doc)
  doc.transact(() => {
    change(doc)
  })
  return Y.encodeStateAsUpdate(doc, before)
}

function appendOf(doc: Y.Doc, n: number, device: DeviceId = alice): Uint8Array {
  return updateOf(doc, () => {
    appendMessage(doc, device, { id: messageIdOf(device, n), lamport: n, wallTime: 1, text: `text ${n}` })
  })
}

function reasonOf(update: Uint8Array, change: Partial<UpdateOrigin> = {}, doc = new Y.Doc()): string {
  const before = Y.encodeStateAsUpdate(doc)
  const judged = checkUpdate(doc, update, originOf(change))
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  return judged.ok ? 'accepted' : judged.reason
}

interface Raw {
  clients?: number
  structs?: number
  clock?: number
  info?: number
  root?: string
  length?: number
  write?: (encoder: encoding.Encoder) => void
  deletes?: number
}

/** An update as no honest program writes it. */
function rawUpdate(raw: Raw): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, raw.clients ?? 1)
  encoding.writeVarUint(encoder, raw.structs ?? 1)
  encoding.writeVarUint(encoder, clientId)
  encoding.writeVarUint(encoder, raw.clock ?? 0)
  encoding.writeUint8(encoder, raw.info ?? 8)
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarString(encoder, raw.root ?? arrayNameOf(alice))
  encoding.writeVarUint(encoder, raw.length ?? 1)
  if (raw.write) raw.write(encoder)
  else encoding.writeAny(encoder, tupleOf(alice, 1) as encoding.AnyEncodable)
  encoding.writeVarUint(encoder, raw.deletes ?? 0)
  return encoding.toUint8Array(encoder)
}

test('[MO1] accepts appends, one after another, and after those of an earlier client of the same device', () => {
  const author = docOf(clientId)
  const reader = new Y.Doc()
  for (const n of [1, 2, 3]) {
    const update = appendOf(author, n)
    expect(checkUpdate(reader, update, originOf())).toEqual({ ok: true, value: { clock: n - 1, tuples: 1 } })
    Y.applyUpdate(reader, update)
  }
  const later = docOf(clientId + 1)
  Y.applyUpdate(later, Y.encodeStateAsUpdate(author))
  const update = appendOf(later, 4)
  expect(reasonOf(update, { clientId: clientId + 1, ownClients: new Set([clientId]) }, reader)).toBe('accepted')
  expect(reasonOf(update, { clientId: clientId + 1 }, reader)).toBe('foreign-origin')
})

test('[MO1] accepts several appends of one transaction', () => {
  const update = updateOf(docOf(clientId), (doc) => {
    doc.getArray(arrayNameOf(alice)).push([tupleOf(alice, 1), tupleOf(alice, 2)])
    doc.getArray(arrayNameOf(alice)).push([tupleOf(alice, 3)])
  })
  expect(checkUpdate(new Y.Doc(), update, originOf())).toMatchObject({ ok: true, value: { tuples: 3 } })
})

test('[MO1][MO9] refuses tuples that the schema refuses, one with a lamport of another envelope too', () => {
  const append = appendOf(docOf(clientId), 5)
  expect(reasonOf(append, { schema: () => false })).toBe('bad-tuple')
  expect(reasonOf(append, { lamports: { from: 6, to: 9 } })).toBe('bad-tuple')
  expect(reasonOf(append, { lamports: { from: 5, to: 5 } })).toBe('accepted')
})

test('[MO2] refuses a clientID that is not the one derived for the author', () => {
  expect(reasonOf(appendOf(docOf(8), 1))).toBe('foreign-client')
  const two = docOf(clientId)
  Y.applyUpdate(two, appendOf(docOf(8), 1))
  expect(reasonOf(Y.mergeUpdates([appendOf(two, 2), Y.encodeStateAsUpdate(docOf(8))]), {}, new Y.Doc())).not.toBe('accepted')
  expect(reasonOf(rawUpdate({ clients: 2 }))).toBe('foreign-client')
})

test("[MO3] refuses another device's array, other roots, maps, types and keys", () => {
  expect(reasonOf(appendOf(docOf(clientId), 1, mallory))).toBe('foreign-parent')
  const injected = updateOf(docOf(clientId), (doc) => doc.getMap('s').set('key', tupleOf(alice, 1)))
  expect(reasonOf(injected)).toBe('foreign-parent')
  const onArray = updateOf(docOf(clientId), (doc) => doc.getMap(arrayNameOf(alice)).set('key', tupleOf(alice, 1)))
  expect(reasonOf(onArray)).toBe('foreign-parent')
  const nested = updateOf(docOf(clientId), (doc) => doc.getArray(arrayNameOf(alice)).push([new Y.Map()]))
  expect(reasonOf(nested)).toBe('bad-content')
  const text = updateOf(docOf(clientId), (doc) => doc.getText(arrayNameOf(alice)).insert(0, 'text'))
  expect(reasonOf(text)).toBe('bad-content')
  expect(reasonOf(rawUpdate({ root: 'a:' }))).toBe('foreign-parent')
})

test("[MO4] refuses to stand next to another's struct, and to stand before one's own", () => {
  const shared = docOf(clientId)
  const theirs = docOf(9)
  Y.applyUpdate(shared, appendOf(theirs, 1, mallory))
  const beside = updateOf(shared, (doc) => doc.getArray(arrayNameOf(mallory)).push([tupleOf(alice, 1)]))
  expect(reasonOf(beside, {}, shared)).not.toBe('accepted')
  const reader = new Y.Doc()
  Y.applyUpdate(reader, Y.encodeStateAsUpdate(theirs))
  expect(reasonOf(beside, {}, reader)).toBe('foreign-origin')
  const own = docOf(clientId)
  const first = appendOf(own, 1)
  const before = updateOf(own, (doc) => doc.getArray(arrayNameOf(alice)).insert(0, [tupleOf(alice, 2)]))
  const holder = new Y.Doc()
  Y.applyUpdate(holder, first)
  expect(reasonOf(before, {}, holder)).toBe('not-append')
})

test('[MO5] refuses a gap, known clocks and huge clocks', () => {
  const author = docOf(clientId)
  const first = appendOf(author, 1)
  const second = appendOf(author, 2)
  expect(reasonOf(second)).toBe('missing-dependency')
  const reader = new Y.Doc()
  Y.applyUpdate(reader, first)
  expect(reasonOf(first, {}, reader)).toBe('clock-reused')
  expect(reasonOf(second, {}, reader)).toBe('accepted')
  expect(reasonOf(rawUpdate({ clock: Number.MAX_SAFE_INTEGER }))).toBe('missing-dependency')
  const beyond = rawUpdate({})
  beyond.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 10)
  expect(reasonOf(beyond)).not.toBe('accepted')
})

test('[MO5] refuses a left neighbour that is still to come', () => {
  const update = rawUpdate({
    info: 0x88,
    write: (encoder) => {
      encoding.writeAny(encoder, tupleOf(alice, 1) as encoding.AnyEncodable)
    },
  })
  expect(reasonOf(update, { ownClients: new Set([1]) })).toBe('missing-dependency')
})

test('[MO6] refuses deletions, of its own tuples and of those of others', () => {
  const doc = docOf(clientId)
  appendOf(doc, 1)
  Y.applyUpdate(doc, appendOf(docOf(9), 1, mallory))
  const own = updateOf(doc, () => {
    doc.getArray(arrayNameOf(alice)).delete(0, 1)
  })
  expect(reasonOf(own, {}, doc)).toBe('has-deletions')
  const theirs = updateOf(doc, () => {
    doc.getArray(arrayNameOf(mallory)).delete(0, 1)
  })
  expect(reasonOf(theirs, {}, doc)).toBe('has-deletions')
  expect(reasonOf(rawUpdate({ deletes: 1 }))).toBe('has-deletions')
  expect(reasonOf(rawUpdate({ info: 0 }))).toBe('bad-content')
  expect(reasonOf(rawUpdate({ info: 10 }))).toBe('bad-content')
})

test('[MO7] refuses deep nesting, many parts and keys that reach prototypes', () => {
  const deep = (levels: number): Uint8Array =>
    rawUpdate({
      write: (encoder) => {
        for (let level = 0; level < levels; level++) encoding.writeUint8Array(encoder, new Uint8Array([117, 1]))
        encoding.writeUint8(encoder, 126)
      },
    })
  expect(reasonOf(deep(5))).toBe('too-deep')
  expect(reasonOf(deep(100_000))).toBe('too-deep')
  const wide = tupleOf(
    alice,
    1,
    Array.from({ length: 64 }, () => null),
  )
  expect(reasonOf(rawUpdate({ write: (encoder) => encoding.writeAny(encoder, wide as encoding.AnyEncodable) }))).toBe('too-many')
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const body = JSON.parse(`{"safe": {"${key}": {"polluted": true}}}`) as encoding.AnyEncodable
    const update = rawUpdate({ write: (encoder) => encoding.writeAny(encoder, [9, ...(tupleOf(alice, 1, body).slice(1) as never[])]) })
    expect(reasonOf(update)).toBe('forbidden-key')
  }
})

test('[MO7] refuses stated counts that the bytes do not hold, empty content, and what follows the end', () => {
  expect(reasonOf(rawUpdate({ structs: 2 ** 40 }))).toBe('too-many')
  expect(reasonOf(rawUpdate({ length: 2 ** 40 }))).toBe('too-many')
  expect(reasonOf(rawUpdate({ length: updateMaxTuples }))).not.toBe('accepted')
  expect(reasonOf(rawUpdate({ length: 0, write: () => undefined }))).toBe('bad-content')
  expect(reasonOf(rawUpdate({ structs: 0 }))).toBe('bad-content')
  expect(reasonOf(new Uint8Array([0, 0]))).toBe('bad-content')
  expect(reasonOf(new Uint8Array([...rawUpdate({}), 0]))).toBe('malformed')
  expect(reasonOf(new Uint8Array(262_145))).toBe('too-large')
})

test('[MO8] never throws and never touches the document, whatever the bytes', () => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, appendOf(docOf(9), 1, mallory))
  const good = appendOf(docOf(clientId), 1)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(255), (noise, at, byte) => {
      const damaged = good.slice()
      damaged[at % damaged.length] = byte
      const cut = good.slice(0, at % good.length)
      expect([reasonOf(noise, {}, doc), reasonOf(cut, {}, doc)]).not.toContain('accepted')
      // One changed byte may still be an append of another text; it must not be anything else.
      expect(reasonOf(damaged, {}, doc)).toMatch(/^[a-z-]+$/u)
    }),
    { seed: 8, numRuns: 300 },
  )
})

test('[MO8] what is accepted is applied whole: Yjs keeps nothing pending', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.boolean()), { minLength: 1, maxLength: 20 }), (texts) => {
      const author = docOf(clientId)
      const reader = new Y.Doc()
      let isWhole = true
      let taken = 0
      for (const [n, [text, isLost]] of texts.entries()) {
        const update = updateOf(author, () => {
          appendMessage(author, alice, { id: messageIdOf(alice, n), lamport: n, wallTime: 1, text })
        })
        isWhole &&= !isLost
        if (isLost) continue
        expect(checkUpdate(reader, update, originOf({ lamports: { from: n, to: n } })).ok).toBe(isWhole)
        if (!isWhole) continue
        Y.applyUpdate(reader, update)
        taken++
      }
      expect(reader.store.pendingStructs).toBeNull()
      expect(reader.getArray(arrayNameOf(alice))).toHaveLength(taken)
    }),
    { seed: 8, numRuns: 50 },
  )
})
