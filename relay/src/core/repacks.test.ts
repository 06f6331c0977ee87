/** Packs made anew without what was erased: how they come into the place of the old ones, and that nothing is left of these. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, EnvelopeId, TopicId } from '@poruch/base'
import { draftAnchor, nextPlace, proposeAll } from '@poruch/identity'
import { roles, topicIdOf } from '@poruch/identity/fold'
import type { RelayLog } from '@poruch/sync/relay-log'
import { decodeEnvelope, decodeFrame, encodeReplaced, encodeSyncRequest } from '@poruch/sync/wire'
import { authorOf, setupWith, worldNowMs } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openScene, sceneEnvelope } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'
import { minPackAgeMs } from './limits.ts'

type Made = Awaited<ReturnType<typeof sceneEnvelope>>

const none = '0'.repeat(64)
/** What the pack holds that is to be forgotten, as bytes and as it is looked for in files. */
const secret = { branch: 0x5a, text: 'Z'.repeat(64) }

let folder: string
let log: RelayLog
let world: World
let scene: Scene
let topic: TopicId

beforeEach(async () => {
  world = await setupWith({ roles: { carol: roles.viewer } }, 'alice', 'bob', 'carol', 'dave')
  folder = await mkdtemp(join(tmpdir(), 'poruch-repack-'))
  log = await openSqliteRelayLog({ path: join(folder, 'relay.db') })
  topic = topicIdOf(world.channel, 0)
  scene = await openOver(log)
})
afterEach(async () => {
  await log.close()
  await rm(folder, { recursive: true })
})

async function openOver(over: RelayLog): Promise<Scene> {
  if ((await over.scopes()).length === 0) await over.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  return openScene({ ...world, log: over, sequencerKey: world.sequencer, nowMs: worldNowMs })
}

async function inFiles(): Promise<boolean> {
  const files = await readdir(folder)
  return (await Promise.all(files.map(async (name) => readFile(join(folder, name))))).some((bytes) => bytes.includes(secret.text))
}

async function answerOf(peer: Peer, prev: EnvelopeId | null, bytes: Bytes): Promise<string> {
  const ref = 1 + peer.received.length
  await peer.send({ type: 'COMPACT', ref, topic, prev: prev ?? none, envelope: bytes })
  await peer.settled()
  const answer = peer.received.find((frame) => (frame.type === 'ACK' || frame.type === 'REFUSE') && frame.ref === ref)
  return answer?.type === 'REFUSE' ? answer.code : (answer?.type ?? 'none')
}

/** Alice has said three things, of which Bob has made a pack: the first one of the topic. */
async function packed() {
  const [alice, bob, dave] = await Promise.all(['alice', 'bob', 'dave'].map(async (name) => scene.connect(world.person(name))))
  if (!alice || !bob || !dave) throw new Error('not connected')
  const said: Made[] = []
  for (let seq = 1; seq <= 3; seq++) {
    said.push(await sceneEnvelope({ ...world, person: world.person('alice'), topic, seq, prev: said.at(-1)?.id ?? null }))
    await alice.ask({ type: 'APPEND', ref: seq, topic, envelope: said.at(-1)?.bytes ?? new Uint8Array(0) }, 'ACK')
  }
  const id = said[2]?.id as EnvelopeId
  const ends = makeByteWriter()
    .raw(idToBytes(world.person('alice').device))
    .u32(3)
    .raw(idToBytes(id))
    .done()
  const made = async (name: string, prev: EnvelopeId | null, branch: number, seq = 1): Promise<Made> =>
    sceneEnvelope({
      ...world,
      person: world.person(name),
      topic,
      seq,
      prev,
      kind: 4,
      branch,
      sizeBytes: 9000,
      ...(seq > 0 ? { ends } : {}),
    })
  const word = async (peer: Peer, name: string, pack: EnvelopeId): Promise<void> => {
    const frontier = [{ topic, device: world.person('alice').device, seq: 3, id }]
    const draft = await draftAnchor(world.suite, { topic, snapshot: idToBytes(pack), frontier })
    const proposals = await proposeAll(world.suite, nextPlace(world.fold), { drafts: [draft], author: authorOf(world.person(name)) })
    const judged = await world.order(proposals)
    if (!judged.ok) throw new Error(judged.reason)
    await peer.send({ type: 'PROPOSE', ref: 900, records: proposals.map(({ record }) => record) })
    await peer.settled()
  }
  const first = await made('bob', null, secret.branch)
  expect(await answerOf(bob, null, first.bytes)).toBe('ACK')
  return { alice, bob, dave, made, word, first }
}

/** The packs that a reader is given, by their ids; `left` for what is left of one. */
async function given(peer: Peer, names: Readonly<Record<string, Made>>): Promise<string[]> {
  const frames = scene.core.bulk(peer.token, encodeSyncRequest([{ topic, relaySeq: 0, idPrefix: '00000000' }]))
  if (typeof frames === 'string') throw new Error(frames)
  const found: string[] = []
  for await (const bytes of frames) {
    expect(Buffer.from(bytes).includes(secret.text)).toBe(false)
    const frame = decodeFrame(bytes)
    if (!frame.ok || frame.value.type !== 'PACK') continue
    const { envelope } = frame.value
    const whole = Object.entries(names).find(([, { bytes: each }]) => Buffer.from(each).equals(envelope))
    found.push(whole?.[0] ?? 'left')
  }
  return found
}

test('[RE193] a pack that says another one again takes its place once others have confirmed it, and no byte of that is left', async () => {
  const { alice, bob, dave, made, word, first } = await packed()
  for (const [peer, name] of [
    [alice, 'alice'],
    [dave, 'dave'],
  ] as const)
    await word(peer, name, first.id)
  const between = await made('bob', first.id, 0x42, 0)
  expect(await answerOf(bob, first.id, between.bytes)).toBe('ACK')
  const anew = await made('alice', between.id, 0x41)
  expect(await answerOf(alice, between.id, anew.bytes)).toBe('ACK')
  await word(bob, 'bob', anew.id)
  expect(await inFiles()).toBe(true)
  await word(dave, 'dave', anew.id)
  expect(await inFiles()).toBe(false)
  // Offered again it does not come back, and the order goes on behind it.
  expect(await answerOf(bob, null, first.bytes)).toBe('ACK')
  const last = await made('bob', anew.id, 0x43, 0)
  expect(await answerOf(bob, anew.id, last.bytes)).toBe('ACK')
  expect(await inFiles()).toBe(false)
  // In seven days it stands for the envelopes; who comes then is given it in the place of the old one.
  scene.clock.advance(minPackAgeMs)
  await word(alice, 'alice', last.id)
  await word(dave, 'dave', last.id)
  expect(await given(bob, { first, between, anew, last })).toEqual(['anew', 'left', 'between'])
  expect((await log.read(topic, 0, 9)).map(({ deviceSeq }) => deviceSeq)).toEqual([3])
  await dave.send({ type: 'PACKWANT', topic, after: first.id })
  await dave.settled()
  expect(dave.received.filter((frame) => frame.type === 'PACK')).toHaveLength(3)
})

test('[RE193] one that ends elsewhere, or that nobody else has confirmed, takes nothing', async () => {
  const { alice, bob, made, word, first } = await packed()
  const other = await made('alice', first.id, 0x42, 0)
  expect(await answerOf(alice, first.id, other.bytes)).toBe('ACK')
  const anew = await made('alice', other.id, 0x41)
  expect(await answerOf(alice, other.id, anew.bytes)).toBe('ACK')
  await word(alice, 'alice', anew.id)
  await word(bob, 'bob', anew.id)
  await word(bob, 'bob', other.id)
  expect(await inFiles()).toBe(true)
})

test('[RE194] a relay that has lost all is given what is left of such a pack in its place, and goes on behind it', async () => {
  const { bob, made, first } = await packed()
  const anew = await made('alice', first.id, 0x41)
  const form = decodeEnvelope(first.bytes)
  if (!form.ok) throw new Error('no pack')
  const ctHash = await world.suite.sha256(form.value.ct)
  const left = encodeReplaced(form.value, { ctHash, by: anew.id })
  expect(left).toHaveLength(53 + 32 + 64 + 32)
  scene = await openOver(makeMemoryRelayLog())
  const again = await scene.connect(world.person('dave'))
  expect(await answerOf(again, null, anew.bytes)).toBe('prev-differs')
  expect(await answerOf(again, first.id, anew.bytes)).toBe('stale-prev')
  // Its author has signed it.
  expect(await answerOf(again, null, encodeReplaced(form.value, { ctHash: new Uint8Array(32), by: anew.id }))).toBe('bad-signature')
  expect(await answerOf(again, null, left)).toBe('ACK')
  expect(await answerOf(again, first.id, anew.bytes)).toBe('ACK')
  expect(await answerOf(again, null, first.bytes)).toBe('ACK')
  expect((await scene.log.readCompacts(topic, 4, 0, 9)).map(({ id, bytes }) => [id, bytes.length < 200])).toEqual([
    [first.id, true],
    [anew.id, false],
  ])
  expect(bob).toBeDefined()
})
