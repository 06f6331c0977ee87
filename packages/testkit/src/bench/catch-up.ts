/** B10: a device that was away for a week catches up through the real relay, beside transfer, signatures and opening alone. */
import { connectRelay } from '@poruch/adapters-browser/relay'
import type { RelayConnection } from '@poruch/adapters-browser/relay'
import { concatBytes, encodeUtf8, idToBytes, systemClock } from '@poruch/base'
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { makeTopicAuthority } from '@poruch/identity/fold'
import { appendMessage, messageIdOf } from '@poruch/model'
import type { Authority, LogRow } from '@poruch/sync'
import type { RelayLog } from '@poruch/sync/relay-log'
import { decodeEnvelope, decodeFrame, encodeSyncRequest, envelopeContext, envelopeId, envelopeSignatureDomain } from '@poruch/sync/wire'
import type { Person } from '../fixtures/person.ts'
import type { World } from '../fixtures/world.ts'
import { until } from '../kill9/patience.ts'
import { openMemoryLogStore } from '../memory/log-store.ts'
import { makeManualClock } from '../memory/manual-clock.ts'
import { openBenchDevice } from './device.ts'
import type { BenchDevice } from './device.ts'
import { makeFilledWorld, startFilledRelay } from './filled-relay.ts'
import type { FilledRelay, FilledWorld } from './filled-relay.ts'
import { elapsedMs, figure, inTurns, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { Target } from './record.ts'
import { defineRow } from './row.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

interface Size {
  readonly topics: number
  /** In each topic. */
  readonly envelopes: number
  readonly updatesEach: number
}

const target: Target = { text: '≤2x transfer + verify + decrypt', most: 2 }
const text = 'See you at the station at nine, as ever'
const windowMs = 50
const topicsAtOnce = 64
const entryFrame = 7

export const catchUp = defineRow<Size>({
  id: 'B10',
  title: 'catch-up after a week',
  sizes: { full: { topics: 500, envelopes: 20, updatesEach: 10 }, tiny: { topics: 3, envelopes: 2, updatesEach: 2 } },
  measure: async ({ size, pairs }) =>
    inTemporaryFolder(async (folder) => {
      const filled = await makeFilledWorld(2, size.topics)
      const relay = await startFilledRelay(folder, filled, async (log) => write(filled, size, log))
      try {
        const samples = await inTurns(pairs, {
          ours: async () => withConnection(relay, async (line) => catchUpOurs(relay, size, line)),
          limit: async () => withConnection(relay, async (line) => readAlone(relay, size, line)),
        })
        const ratio = pairedRatio(samples.ours, samples.limit)
        const count = size.topics * size.envelopes
        return [
          {
            id: 'B10',
            work: `${size.topics} topics, ${count * size.updatesEach} updates in ${count} envelopes, through the relay process into documents`,
            ours: figure('catch-up', 'ms', samples.ours),
            peers: [],
            limit: figure('transfer + verify + decrypt', 'ms', samples.limit),
            ratio,
            target: target.text,
            met: isMet(ratio, target),
          },
        ]
      } finally {
        await relay.stop()
      }
    }),
})

function authorityOf({ fold, epochKeys }: World): Authority {
  const topics = makeTopicAuthority(() => [fold])
  return {
    ...topics,
    head: () => fold.head(),
    epochKey: async (_topic, id) => {
      const epoch = fold.epochs().find((one) => one.id === id)
      return Promise.resolve((epoch && epochKeys.get(epoch.gen)) ?? null)
    },
    writingEpoch: async () => {
      const epoch = fold.epochs().at(-1)
      return Promise.resolve(epoch ? { gen: epoch.gen, id: epoch.id } : { waiting: 'no-key' })
    },
    cutVersion: () => fold.cutVersion(),
  }
}

function deviceOf(world: World, { identity, device }: Person, clock = systemClock): BenchDevice {
  return openBenchDevice({
    suite: world.suite,
    key: identity.device,
    device,
    authority: authorityOf(world),
    store: openMemoryLogStore(),
    clock,
  })
}

/** What the founder wrote in the week, into the relay's database. */
async function write({ world, people, topics }: FilledWorld, size: Size, log: RelayLog): Promise<void> {
  const clock = makeManualClock()
  const author = deviceOf(world, people[0] as Person, clock)
  for (let envelope = 0; envelope < size.envelopes; envelope++) {
    // All topics together: a window that ends with nothing in it is closed.
    const written = await Promise.all(topics.map(async (topic) => writeBatch(author, topic, size, envelope)))
    if (envelope > 0) clock.advance(windowMs)
    await Promise.all(written.flat())
  }
  for (const topic of topics) await store(log, topic, await author.store.read(topic, author.device, 1, size.envelopes * size.updatesEach))
}

/** The first envelope leaves with its first update: it opens the window for those that follow. */
async function writeBatch(
  { sync, documents, device }: BenchDevice,
  topic: TopicId,
  size: Size,
  envelope: number,
): Promise<Promise<unknown>[]> {
  const written: Promise<unknown>[] = []
  const add = async (): Promise<void> => {
    const { n, update } = await documents.edit(topic, (doc, session) => {
      const id = messageIdOf(device, session.nextMessageNumber())
      appendMessage(doc, device, { id, lamport: session.lamport(), wallTime: 1_750_000_000_000, text })
    })
    written.push(sync.write(topic, n, update))
  }
  for (let index = 0; index < (envelope === 0 ? 1 : size.updatesEach); index++) await add()
  if (envelope === 0) await Promise.all(written.splice(0))
  return written
}

async function store(log: RelayLog, topic: TopicId, rows: readonly LogRow[]): Promise<void> {
  const appended = await Promise.all(
    rows.map(async ({ id, device, seq, bytes }) => log.append({ topic, id, device, deviceSeq: seq, bytes })),
  )
  if (appended.some(({ ok }) => !ok)) throw new Error('the relay does not take what was written')
}

async function withConnection(relay: FilledRelay, work: (line: RelayConnection) => Promise<void>): Promise<number> {
  const { device, identity } = relay.people[1] as Person
  const authenticate = {
    kind: 'device',
    proof: async () => Promise.resolve(new Uint8Array(0)),
    sign: async (domain: string, message: Uint8Array) => relay.world.suite.sign(identity.device, domain, message),
  } as const
  const line = await connectRelay({ origin: relay.origin, device, authenticate, clock: systemClock, signal: new AbortController().signal })
  try {
    return await elapsedMs(async () => work(line))
  } finally {
    line.close()
  }
}

async function catchUpOurs({ world, people, topics }: FilledRelay, size: Size, { link, bulk }: RelayConnection): Promise<void> {
  const reader = deviceOf(world, people[1] as Person)
  await Promise.all(topics.map(async (topic) => reader.sync.openTopic(topic)))
  reader.sync.attachRelay({ relay: 'relay', link, bulk, topics: () => topics })
  const author = people[0]?.device ?? ''
  const count = 1 + (size.envelopes - 1) * size.updatesEach
  await until('all documents are whole', () =>
    topics.every((topic) => reader.documents.get(topic).getArray(`a:${author}`).length === count),
  )
  await reader.sync.close()
}

/** The same bytes over the same way, each signature checked and each seal opened, and nothing else. */
async function readAlone({ world, people, topics }: FilledRelay, size: Size, { bulk }: RelayConnection): Promise<void> {
  const envelopes = new Map<TopicId, Bytes[]>(topics.map((topic) => [topic, []]))
  const request = encodeSyncRequest(topics.map((topic) => ({ topic, relaySeq: 0, idPrefix: '00000000' })))
  const take = async (frame: Bytes): Promise<void> => {
    const decoded = frame[0] === entryFrame ? decodeFrame(frame) : null
    if (decoded?.ok && decoded.value.type === 'ENTRY') envelopes.get(decoded.value.topic)?.push(decoded.value.envelope)
    return Promise.resolve()
  }
  await bulk.sync(request, take, { signal: new AbortController().signal })
  const author = people[0]?.device as DeviceId
  for (let from = 0; from < topics.length; from += topicsAtOnce) {
    await Promise.all(
      topics.slice(from, from + topicsAtOnce).map(async (topic) => openChain(world, { topic, author }, envelopes.get(topic) ?? [])),
    )
  }
  if ([...envelopes.values()].some((chain) => chain.length !== size.envelopes)) throw new Error('envelopes are missing')
}

async function openChain(
  { suite, fold, epochKeys }: World,
  place: { topic: TopicId; author: DeviceId },
  chain: readonly Bytes[],
): Promise<void> {
  const { topic, author } = place
  const keys = new Map<number, Awaited<ReturnType<World['suite']['deriveAeadKey']>>>()
  let prev: EnvelopeId | null = null
  for (const bytes of chain) {
    const form = decodeEnvelope(bytes)
    const epoch = form.ok ? fold.epochByGen(form.value.header.gen) : null
    const secret = epoch && epochKeys.get(epoch.gen)
    const head = form.ok ? fold.entryIdAt(form.value.header.pos) : null
    if (!form.ok || !epoch || !secret || !head) throw new Error('an envelope is not readable')
    const { header, headerBytes, ct, sig } = form.value
    const context = envelopeContext({ scope: fold.scope, topic, epoch: epoch.id, device: author, prev, head })
    const info = concatBytes(encodeUtf8('msg v1'), idToBytes(epoch.id), Uint8Array.of(header.kind), idToBytes(author))
    const key = keys.get(header.kind) ?? (await suite.deriveAeadKey(secret, idToBytes(topic), info))
    keys.set(header.kind, key)
    prev = await envelopeId(suite, context, headerBytes, ct)
    const [isSigned, opened] = await Promise.all([
      suite.verify(idToBytes(author), envelopeSignatureDomain, idToBytes(prev), sig),
      suite.open(key, header.nonce, concatBytes(context, headerBytes), ct),
    ])
    if (!isSigned || !opened) throw new Error('an envelope does not open')
  }
}
