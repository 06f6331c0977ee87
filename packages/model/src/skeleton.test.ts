import type { DeviceId } from '@poruch/base'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { appendMessage, arrayNameOf, checkUpdate, isChatTuple, messageIdOf, skeletonOf } from './index.ts'

const alice = 'a1'.repeat(32) as DeviceId
const clientId = 7_000_000_000_000_007
const origin = { clientId, device: alice, ownClients: new Set<number>(), lamports: { from: 0, to: 2 ** 48 - 1 }, schema: isChatTuple }

/** Updates of one author, each of `sizes[i]` messages. */
function updatesOf(sizes: readonly number[]): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientId
  let n = 0
  return sizes.map((size) => {
    const before = Y.encodeStateVector(doc)
    for (let index = 0; index < size; index++, n++)
      appendMessage(doc, alice, { id: messageIdOf(alice, n), lamport: n + 1, wallTime: 1, text: `secret ${n}` })
    return Y.encodeStateAsUpdate(doc, before)
  })
}

test.each([0, 1, 2])('[MO23] the skeleton of update %i takes its place, and the document shows the rest', (erased) => {
  const updates = updatesOf([1, 3, 2])
  const doc = new Y.Doc()
  for (const [index, update] of updates.entries()) {
    const isErased = index === erased
    const taken = isErased ? skeletonOf(update) : update
    if (!taken) throw new Error('no skeleton')
    expect(checkUpdate(doc, taken, { ...origin, isErased }).ok).toBe(true)
    Y.applyUpdate(doc, taken)
    expect(doc.store.pendingStructs).toBeNull()
  }
  const texts = doc.getArray<readonly unknown[]>(arrayNameOf(alice)).map((tuple) => tuple[5])
  const all = updates.flatMap((_update, index) => [[0], [1, 2, 3], [4, 5]][index === erased ? 9 : index] ?? []).map((n) => `secret ${n}`)
  expect(texts).toEqual(all)
})

test('[MO23] nothing of the content is in it, and it is the same each time', () => {
  const [update] = updatesOf([3])
  if (!update) throw new Error('no update')
  const skeleton = skeletonOf(update)
  expect(skeleton).toEqual(skeletonOf(update))
  expect(new TextDecoder().decode(skeleton ?? new Uint8Array(0))).not.toContain('secret')
  expect(skeleton?.length).toBeLessThan(110)
})

test('[MO23] the guard takes no tuple for erased content, nor a skeleton for content', () => {
  const [update] = updatesOf([2])
  const skeleton = update && skeletonOf(update)
  if (!skeleton) throw new Error('no skeleton')
  expect(checkUpdate(new Y.Doc(), update, { ...origin, isErased: true })).toEqual({ ok: false, reason: 'bad-content' })
  expect(checkUpdate(new Y.Doc(), skeleton, origin)).toEqual({ ok: false, reason: 'bad-content' })
  expect(checkUpdate(new Y.Doc(), skeleton, { ...origin, isErased: true, device: 'ee'.repeat(32) as DeviceId })).toMatchObject({
    ok: false,
  })
})

test('[MO23] there is none of what is no append to a root', () => {
  const doc = new Y.Doc()
  doc.clientID = clientId
  doc.getMap('m').set('key', 'value')
  expect(skeletonOf(Y.encodeStateAsUpdate(doc))).not.toBeNull()
  const text = new Y.Doc()
  text.getText('t').insert(0, 'ab')
  text.getText('t').insert(1, 'c')
  expect(skeletonOf(Y.encodeStateAsUpdate(text))).toBeNull()
  expect(skeletonOf(Y.encodeStateAsUpdate(new Y.Doc()))).toBeNull()
  expect(skeletonOf(Uint8Array.of(1, 2, 3))).toBeNull()
})
