/** B3: what is stored once it is sealed and compacted, beside the plain state of the same document. */
import type { TopicId } from '@poruch/base'
import { appendMessage, messageIdOf } from '@poruch/model'
import * as Y from 'yjs'
import { seededRandom } from '../fixtures/seeded-random.ts'
import { makeManualClock } from '../memory/manual-clock.ts'
import type { ManualClock } from '../memory/manual-clock.ts'
import { makeBenchTeam } from './device.ts'
import type { BenchDevice } from './device.ts'
import { figure } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { makeTalk } from './talk.ts'

interface Size {
  readonly messages: number
}

const batchSize = 10
const windowMs = 50

export const storedBytes = defineRow<Size>({
  id: 'B3',
  title: 'stored bytes, sealed and compacted',
  sizes: { full: { messages: 1000 }, tiny: { messages: 40 } },
  measure: async ({ size }: Plan<Size>) => [
    await chatRecord(size.messages, 1, { text: '≤0.60x the plain chat state, written one by one', most: 0.6 }),
    await chatRecord(size.messages, batchSize, { text: '≤0.40x the plain chat state, in batches of 10', most: 0.4 }),
  ],
})

async function chatRecord(messages: number, perBatch: number, target: Target): Promise<BenchRecord> {
  const { packed, plain, plainV2 } = await packChat(messages, perBatch)
  const ratio = packed / plain
  return {
    id: 'B3',
    work: `${messages} messages of two people, ${perBatch === 1 ? 'written one by one' : `in batches of ${perBatch}`}, as a pack with its envelope, a message`,
    ours: figure('pack', 'B', [packed / messages]),
    peers: [figure('Yjs V1', 'B', [plain / messages]), figure('Yjs V2', 'B', [plainV2 / messages])],
    limit: null,
    ratio,
    target: target.text,
    met: isMet(ratio, target),
  }
}

/** Two devices in turns, each with what the other wrote before. */
async function packChat(messages: number, perBatch: number) {
  const clock = makeManualClock()
  const team = makeBenchTeam()
  const [one, other] = [await team.join({ clock }), await team.join({ clock })]
  const [topic] = team.topics
  if (!topic) throw new Error('no topic')
  for (const device of [one, other]) await device.sync.openTopic(topic)
  const talk = makeTalk(seededRandom(5))
  for (let sent = 0; sent < messages; sent += perBatch) {
    const [writer, reader] = (sent / perBatch) % 2 === 0 ? [one, other] : [other, one]
    await writeBatch({ writer, topic, clock, texts: Array.from({ length: perBatch }, talk) })
    await hand(writer, reader, topic)
  }
  const pack = await one.sync.packTail(topic)
  if (!pack || (await other.sync.takePack(topic, pack)).kind !== 'kept') throw new Error('the pack is not taken')
  const doc = one.documents.get(topic)
  return { packed: pack.bytes.length, plain: Y.encodeStateAsUpdate(doc).length, plainV2: Y.encodeStateAsUpdateV2(doc).length }
}

interface Batch {
  readonly writer: BenchDevice
  readonly topic: TopicId
  readonly clock: ManualClock
  readonly texts: readonly string[]
}

/** One envelope. */
async function writeBatch({ writer, topic, clock, texts }: Batch): Promise<void> {
  // As the documents merge what comes within the window.
  const updates: Uint8Array[] = []
  let n = 0
  for (const text of texts) {
    const made = await writer.documents.edit(topic, (doc, session) => {
      const id = messageIdOf(writer.device, session.nextMessageNumber())
      appendMessage(doc, writer.device, { id, lamport: session.lamport(), wallTime: 1_750_000_000_000 + clock.now(), text })
    })
    n = made.n
    updates.push(made.update)
    clock.advance(17)
  }
  const [only] = updates
  const update = updates.length === 1 && only ? only : Y.mergeUpdates(updates)
  const written = writer.sync.write(topic, n, new Uint8Array(update))
  clock.advance(windowMs)
  await written
  clock.advance(2 * windowMs)
}

/** The last envelope, as a peer hands it over. */
async function hand(writer: BenchDevice, reader: BenchDevice, topic: TopicId): Promise<void> {
  const head = (await writer.store.heads(topic)).find(({ device }) => device === writer.device)
  const [row] = head ? await writer.store.read(topic, writer.device, head.seq, 1) : []
  if (!row) throw new Error('nothing was written')
  await reader.store.append(topic, row.seq - 1, row)
}
