/** What runs inside of the browser for B5: many chats held open, by the product and by bare Yjs. */
import { openIndexedDbStore } from '@poruch/adapters-browser'
import type { Sealer } from '@poruch/adapters-browser'
import type { TopicId } from '@poruch/base'
import { appendMessage, messageIdOf, messagesOf } from '@poruch/model'
import type { ChatMessage, DocView } from '@poruch/model'
import * as Y from 'yjs'
import { seededRandom } from '../../fixtures/seeded-random.ts'
import { makeBenchTeam } from '../device.ts'
import type { BenchDevice } from '../device.ts'
import { makeTalk } from '../talk.ts'

export interface MemoryBench {
  fill(options: { readonly chats: number; readonly messages: number }): Promise<void>
  openOurs(): Promise<void>
  openYjs(): void
  /** Lets everything go. */
  drop(): Promise<void>
}

const name = 'memory'
// Records are not measured here; rows are sealed by the engine.
const plainRecords: Sealer = { seal: async (plain) => Promise.resolve(plain), open: async (sealed) => Promise.resolve(sealed) }
const batchSize = 10
const startMs = 1_750_000_000_000

/** The device of the chats over a store; what wrote them is not held. */
let restart: BenchDevice['restart'] | null = null
let topics: readonly TopicId[] = []
let updates: readonly Uint8Array[] = []
let held: { readonly device: BenchDevice; readonly views: readonly DocView<readonly ChatMessage[]>[] } | readonly Y.Doc[] | null = null

async function fill({ chats, messages }: { readonly chats: number; readonly messages: number }): Promise<void> {
  const store = await openIndexedDbStore({ name, seal: plainRecords })
  const team = makeBenchTeam(chats)
  const writer = await team.join({ store })
  const talk = makeTalk(seededRandom(5))
  await Promise.all(
    team.topics.map(async (topic) => {
      await writer.sync.openTopic(topic)
      // Those of one batch go into one envelope.
      for (let n = 0; n < messages; n += batchSize)
        await Promise.all(Array.from({ length: Math.min(batchSize, messages - n) }, async () => writeOne(writer, topic, talk())))
    }),
  )
  restart = writer.restart
  topics = team.topics
  updates = topics.map((topic) => Y.encodeStateAsUpdate(writer.documents.get(topic)))
  await writer.sync.close()
  await store.close()
}

async function writeOne({ documents, sync, device }: BenchDevice, topic: TopicId, text: string): Promise<void> {
  const { n, update } = await documents.edit(topic, (doc, session) => {
    const id = messageIdOf(device, session.nextMessageNumber())
    appendMessage(doc, device, { id, lamport: session.lamport(), wallTime: startMs, text })
  })
  await sync.write(topic, n, update)
}

/** As the replica has a chat open: its log, its document, and the messages in order for the list and the count. */
async function openOurs(): Promise<void> {
  if (!restart) throw new Error('nothing is filled')
  const device = restart(await openIndexedDbStore({ name, seal: plainRecords }))
  const views: DocView<readonly ChatMessage[]>[] = []
  for (const topic of topics) {
    await device.sync.openTopic(topic)
    const view = messagesOf(device.documents.get(topic), { userOf: () => null })
    if (view.read().length === 0) throw new Error('a chat was not opened')
    views.push(view)
  }
  held = { device, views }
}

function openYjs(): void {
  held = updates.map((update) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    return doc
  })
}

async function drop(): Promise<void> {
  if (held && 'device' in held) {
    await held.device.sync.close()
    await held.device.store.close()
  }
  held = null
}

;(globalThis as { bench?: MemoryBench }).bench = { fill, openOurs, openYjs, drop }
