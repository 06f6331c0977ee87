/** B4: what a message takes on the wire, before base64, beside the plain Yjs update that it carries. */
import { appendMessage, messageIdOf } from '@poruch/model'
import { makeManualClock } from '../memory/manual-clock.ts'
import { makeBenchTeam } from './device.ts'
import type { BenchDevice } from './device.ts'
import { figure } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly messages: number
}

const batchSize = 10
/** As the design counts: a plain update of such a message is 158 bytes. */
const text = 'See you at the station at nine, as ever.'
const windowMs = 50

export const wireBytes = defineRow<Size>({
  id: 'B4',
  title: 'wire bytes per message',
  sizes: { full: { messages: 500 }, tiny: { messages: 20 } },
  measure: async ({ size }: Plan<Size>) => [
    await recordOf(size.messages, 1, { text: '≤2.0x the plain update, alone', most: 2 }),
    await recordOf(size.messages, batchSize, { text: '≤1.1x the plain update, in batches of 10', most: 1.1 }),
  ],
})

async function recordOf(messages: number, perBatch: number, target: Target): Promise<BenchRecord> {
  const { plain, sealed } = await send(messages, perBatch)
  const ratio = sealed / plain
  return {
    id: 'B4',
    work: `envelope bytes of ${messages} messages of ${text.length} characters, ${perBatch === 1 ? 'each alone' : `in batches of ${perBatch}`}, a message`,
    ours: figure('envelope', 'B', [sealed]),
    peers: [figure('plain Yjs update', 'B', [plain])],
    limit: null,
    ratio,
    target: target.text,
    met: isMet(ratio, target),
  }
}

/** Bytes a message: of the updates as Yjs makes them, and of the envelopes that were stored for them. */
async function send(messages: number, perBatch: number): Promise<{ readonly plain: number; readonly sealed: number }> {
  const clock = makeManualClock()
  const team = makeBenchTeam()
  const one = await team.join({ clock })
  const [topic] = team.topics
  if (!topic) throw new Error('no topic')
  await one.sync.openTopic(topic)
  let plain = 0
  // The window is open from here on, so that each step below is one envelope.
  await one.sync.write(topic, ...(await edit(one, topic, 0)))
  for (let sent = 0; sent < messages; sent += perBatch) {
    const written: Promise<unknown>[] = []
    for (let index = 0; index < perBatch; index++) {
      const [n, update] = await edit(one, topic, sent + index + 1)
      plain += update.length
      written.push(one.sync.write(topic, n, update))
    }
    clock.advance(windowMs)
    await Promise.all(written)
  }
  const rows = await one.store.read(topic, one.device, 2, messages)
  return { plain: plain / messages, sealed: rows.reduce((sum, row) => sum + row.bytes.length, 0) / messages }
}

async function edit({ documents, device }: BenchDevice, topic: Parameters<BenchDevice['documents']['edit']>[0], index: number) {
  const { n, update } = await documents.edit(topic, (doc, session) => {
    const id = messageIdOf(device, session.nextMessageNumber())
    appendMessage(doc, device, { id, lamport: session.lamport(), wallTime: 1_750_000_000_000 + index * 1000, text })
  })
  return [n, update] as const
}
