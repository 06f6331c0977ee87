/** Documents: what commands make, what the log brings back of it, and what other replicas read. */
import { idFromBytes } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import { appendMessage, isChatTuple, messageIdOf } from '@poruch/model'
import type { Opened } from '@poruch/sync'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { openMemoryLogStore } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { makeDocuments } from './documents.ts'
import type { Documents } from './documents.ts'

const random = seededRandom(90)
const suite = keyedHashSuite(random)
const device: DeviceId = idFromBytes(random.bytes(32))
const other: DeviceId = idFromBytes(random.bytes(32))
const topic: TopicId = idFromBytes(random.bytes(32))

function documentsOf(owner: DeviceId): Documents {
  const shapeOf = () => ({ schema: isChatTuple, lamportField: 3 })
  return makeDocuments({ suite, store: openMemoryLogStore(), device: owner, shapeOf, onEphemeral: () => undefined })
}

async function say(documents: Documents, text: string): Promise<{ readonly n: number; readonly update: Bytes; readonly id: string }> {
  let id = ''
  const made = await documents.edit(topic, (doc, session) => {
    id = messageIdOf(device, session.nextMessageNumber())
    appendMessage(doc, device, { id, lamport: session.lamport(), wallTime: 1, text })
  })
  return { ...made, id }
}

function opened(n: number, seq: number, updates: readonly Bytes[]): Opened {
  const id = seq.toString(16).padStart(64, '0')
  return { topic, device, user: '01'.repeat(32) as Opened['user'], seq, id: id as Opened['id'], lamport: seq, n, updates }
}

const lengthIn = (documents: Documents): number => documents.get(topic).getArray(`a:${device}`).length

test('[RP90] merged commands are one smaller update that others take, and their messages are known by its envelope', async () => {
  const [own, theirs] = [documentsOf(device), documentsOf(other)]
  const said = [await say(own, 'one'), await say(own, 'two'), await say(own, 'three')]
  const n = said[0]?.n ?? 0
  const updates = said.map(({ update }) => update)
  const merged = own.merge?.(topic, updates) ?? new Uint8Array(0)
  expect(merged.length).toBeLessThan(updates.reduce((sum, update) => sum + update.length, 0))
  expect(await own.apply(opened(n, 1, [merged]))).toEqual({ ok: true })
  expect(await theirs.apply(opened(n, 1, [merged]))).toEqual({ ok: true })
  expect([lengthIn(own), lengthIn(theirs)]).toEqual([3, 3])
  expect(said.map(({ id }) => own.seqOf(topic, id))).toEqual([1, 1, 1])
  expect(said.map(({ id }) => own.envelopeOf(topic, id)?.seq)).toEqual([1, 1, 1])
})

test('[RP90] the same bytes in another array are read like any others, and change nothing', async () => {
  const own = documentsOf(device)
  const { n, update, id } = await say(own, 'one')
  expect(await own.apply(opened(n, 1, [new Uint8Array(update)]))).toEqual({ ok: true })
  expect(lengthIn(own)).toBe(1)
  expect(own.seqOf(topic, id)).toBe(1)
})

test('[RP90] nothing stands on top of what never came into the log', async () => {
  const own = documentsOf(device)
  const lost = await say(own, 'lost')
  const next = await say(own, 'next')
  expect(await own.apply(opened(next.n, 1, [next.update]))).toEqual({ ok: false, reason: 'missing-dependency' })
  await own.rebuild(topic, [])
  expect(lengthIn(own)).toBe(0)
  expect(await own.apply(opened(lost.n, 1, [lost.update]))).toEqual({ ok: true })
})

test('[RP90] after a restart a message is known by its envelope, asked for before or after that has come', async () => {
  const [own, again] = [documentsOf(device), documentsOf(device)]
  const said = [await say(own, 'one'), await say(own, 'two'), await say(own, 'three')]
  const seqs = () => said.map(({ id }) => again.seqOf(topic, id))
  for (const [index, { n, update }] of said.entries()) {
    expect(await again.apply(opened(n, index + 1, [update]))).toEqual({ ok: true })
    if (index === 1) expect(seqs()).toEqual([1, 2, null])
  }
  expect(seqs()).toEqual([1, 2, 3])
  await again.rebuild(topic, [])
  expect(seqs()).toEqual([null, null, null])
})
