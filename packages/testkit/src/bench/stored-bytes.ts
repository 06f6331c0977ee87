/** B3: what is stored once it is sealed and compacted, beside the plain state of the same document. */
import * as Y from 'yjs'
import { packChat } from './packed-chat.ts'
import { figure } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly messages: number
}

const batchSize = 10

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
  const { pack, doc } = await packChat(messages, perBatch)
  const [packed, plain, plainV2] = [pack.bytes.length, Y.encodeStateAsUpdate(doc).length, Y.encodeStateAsUpdateV2(doc).length]
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
