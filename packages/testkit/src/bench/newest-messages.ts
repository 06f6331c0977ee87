/** B20: the newest messages of a long channel, verified, beside one document that holds all of it. */
import * as Y from 'yjs'
import { seededRandom } from '../fixtures/seeded-random.ts'
import { packChat } from './packed-chat.ts'
import type { PackedChat } from './packed-chat.ts'
import { figure, inTurns, median } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'
import { makeTalk } from './talk.ts'

interface Size {
  /** In the last pack: a tail of 500 envelopes is packed. */
  readonly packed: number
  /** In the one document. */
  readonly inOne: number
}

const cpu: Target = { text: '≤20 ms CPU', most: 1 }
const cpuMs = 20
const bytes: Target = { text: '≤200 KB', most: 1 }
const bytesMost = 200_000

export const newestMessages = defineRow<Size>({
  id: 'B20',
  title: 'newest messages of a long channel',
  sizes: { full: { packed: 500, inOne: 100_000 }, tiny: { packed: 20, inOne: 200 } },
  measure: async (plan) => measure(plan),
})

async function measure({ size, pairs }: Plan<Size>): Promise<readonly BenchRecord[]> {
  const chat = await packChat(size.packed, 1)
  const monolith = makeMonolith(size.inOne)
  const open = async (): Promise<number> => openCold(chat)
  const load = async (): Promise<number> => cpuMsOf(() => Y.applyUpdate(new Y.Doc(), monolith))
  const samples = await inTurns(pairs, { open, load })
  const work = `the last pack, ${size.packed} messages written one by one by two people, opened and verified; what is before it costs nothing`
  const peer = `one Yjs document of ${size.inOne} messages`
  const [ms, size1] = [median(samples.open) / cpuMs, chat.pack.bytes.length / bytesMost]
  return [
    {
      id: 'B20',
      work: `${work}, CPU`,
      ours: figure('last pack', 'ms', samples.open),
      peers: [figure(peer, 'ms', samples.load)],
      limit: null,
      ratio: ms,
      target: cpu.text,
      met: isMet(ms, cpu),
    },
    {
      id: 'B20',
      work: `${work}, bytes`,
      ours: figure('last pack', 'B', [chat.pack.bytes.length]),
      peers: [figure(peer, 'B', [monolith.length])],
      limit: null,
      ratio: size1,
      target: bytes.text,
      met: isMet(size1, bytes),
    },
  ]
}

/** By a device that has nothing yet. */
async function openCold({ team, clock, topic, pack }: PackedChat): Promise<number> {
  const device = await team.join({ clock })
  return cpuMsOf(async () => {
    const received = await device.sync.takePack(topic, pack)
    if (received.kind !== 'kept') throw new Error(`the pack is ${received.kind}`)
  })
}

/** Of all threads of this process: what crypto costs elsewhere counts. */
async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** As the model writes messages, all in one array. */
function makeMonolith(messages: number): Uint8Array {
  const talk = makeTalk(seededRandom(5))
  const doc = new Y.Doc()
  const array = doc.getArray<unknown>('all')
  doc.transact(() =>
    array.push(Array.from({ length: messages }, (_, n) => [0, `${'a1'.repeat(32)}|${n}`, null, n, 1_750_000_000_000 + n, talk()])),
  )
  return Y.encodeStateAsUpdate(doc)
}
