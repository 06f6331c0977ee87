/** A chat as the product packs it: written by two devices through documents and engine, and the pack of all of it. */
import type { TopicId } from '@poruch/base'
import { appendMessage, messageIdOf } from '@poruch/model'
import type { Compact } from '@poruch/sync'
import * as Y from 'yjs'
import { seededRandom } from '../fixtures/seeded-random.ts'
import { makeManualClock } from '../memory/manual-clock.ts'
import type { ManualClock } from '../memory/manual-clock.ts'
import { makeBenchTeam } from './device.ts'
import type { BenchDevice, BenchTeam } from './device.ts'
import { makeTalk } from './talk.ts'

const windowMs = 50

export interface PackedChat {
  readonly team: BenchTeam
  readonly clock: ManualClock
  readonly topic: TopicId
  readonly pack: Compact
  readonly doc: Y.Doc
}

/** Two devices in turns, each with what the other wrote before, `perBatch` messages in an envelope. */
export async function packChat(messages: number, perBatch: number): Promise<PackedChat> {
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
  return { team, clock, topic, pack, doc: one.documents.get(topic) }
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
