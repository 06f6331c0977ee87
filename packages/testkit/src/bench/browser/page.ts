/** What runs inside of the browser for B16: documents committed to IndexedDB and opened from it, ours and y-indexeddb's. */
import { openIndexedDbStore } from '@poruch/adapters-browser'
import type { Sealer } from '@poruch/adapters-browser'
import type { TopicId } from '@poruch/base'
import { appendMessage, messageIdOf } from '@poruch/model'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { makeBenchTeam } from '../device.ts'
import type { BenchDevice } from '../device.ts'
import { elapsedMs } from '../pairs.ts'

/** Milliseconds: to make one message durable in each document, and to open all of them again. */
export interface Timing {
  readonly commitMs: number
  readonly openMs: number
}

export interface PageBench {
  ours(documents: number): Promise<Timing>
  yIndexedDb(documents: number): Promise<Timing>
}

const text = 'See you at the station at nine, as ever'
// Records are not measured here; rows are sealed by the engine.
const plainRecords: Sealer = { seal: async (plain) => Promise.resolve(plain), open: async (sealed) => Promise.resolve(sealed) }
let runs = 0

async function measureOurs(documents: number): Promise<Timing> {
  const name = `ours-${runs++}`
  const team = makeBenchTeam(documents)
  const one = await team.join({ store: await openIndexedDbStore({ name, seal: plainRecords }) })
  await Promise.all(team.topics.map(async (topic) => one.sync.openTopic(topic)))
  // The first command of a document also draws its clientID; that is no part of a commit.
  await Promise.all(team.topics.map(async (topic) => one.documents.edit(topic, () => undefined)))
  const commitMs = await elapsedMs(async () => Promise.all(team.topics.map(async (topic) => sendOurs(one, topic))))
  await one.sync.close()
  await one.store.close()
  const openMs = await elapsedMs(async () => {
    const again = one.restart(await openIndexedDbStore({ name, seal: plainRecords }))
    await Promise.all(team.topics.map(async (topic) => again.sync.openTopic(topic)))
    for (const topic of team.topics) mustHoldOne(again.documents.get(topic), one.device)
    await again.store.close()
  })
  return { commitMs, openMs }
}

async function sendOurs({ documents, sync, device }: BenchDevice, topic: TopicId): Promise<void> {
  const { n, update } = await documents.edit(topic, (doc, session) => {
    append(doc, device, session.nextMessageNumber())
  })
  await sync.write(topic, n, update)
}

function append(doc: Y.Doc, device: BenchDevice['device'], number: number): void {
  appendMessage(doc, device, { id: messageIdOf(device, number), lamport: 1, wallTime: 1_750_000_000_000, text })
}

function mustHoldOne(doc: Y.Doc, device: string): void {
  if (doc.getArray(`a:${device}`).length !== 1) throw new Error('a document was not opened')
}

async function measureYIndexedDb(documents: number): Promise<Timing> {
  const prefix = `y-${runs++}`
  const device = 'ab'.repeat(32) as BenchDevice['device']
  const docs = Array.from({ length: documents }, () => new Y.Doc())
  const providers = docs.map((doc, index) => new IndexeddbPersistence(`${prefix}-${index}`, doc))
  await Promise.all(providers.map(async (provider) => provider.whenSynced))
  const commitMs = await elapsedMs(async () => {
    docs.forEach((doc, index) => append(doc, device, index))
    await Promise.all(providers.map(stored))
  })
  await Promise.all(providers.map(async (provider) => provider.destroy()))
  const openMs = await elapsedMs(async () => {
    const again = docs.map(() => new Y.Doc())
    const opened = again.map((doc, index) => new IndexeddbPersistence(`${prefix}-${index}`, doc))
    await Promise.all(opened.map(async (provider) => provider.whenSynced))
    for (const doc of again) mustHoldOne(doc, device)
    await Promise.all(opened.map(async (provider) => provider.destroy()))
  })
  return { commitMs, openMs }
}

/** y-indexeddb does not say when an update is stored: a read that was asked for later is answered later. */
async function stored({ db }: IndexeddbPersistence): Promise<void> {
  const transaction = db?.transaction('updates', 'readonly')
  await new Promise<void>((resolve, reject) => {
    const request = transaction?.objectStore('updates').count()
    if (!request) return reject(new Error('the database is not open'))
    request.onsuccess = () => (request.result > 1 ? resolve() : reject(new Error('the update is not stored')))
    request.onerror = () => reject(request.error ?? new Error('not counted'))
  })
}

;(globalThis as { bench?: PageBench }).bench = { ours: measureOurs, yIndexedDb: measureYIndexedDb }
