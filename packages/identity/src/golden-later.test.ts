import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, test, vi } from 'vitest'
import { parseHex, toHex } from '@poruch/base'
import type { Bytes, EnvelopeId } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import { approve, draftAnchor, draftCheckpoint, draftSetRole, nextPlace } from '@poruch/identity'
import { decodeEntry, decodeRecord, encodeEntry, encodeRecord, makeScopeFold, roles, topicIdOf } from '@poruch/identity/fold'
import { importState, makeStart, openStart } from '@poruch/identity/start'
import { seededRandom, setupWith } from '@poruch/testkit/fixtures'
import { branchAt, takeOverAt } from './testing/branching.ts'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

interface Specimens {
  /** A whole log that ends with an Anchor, a SetSequencer and a Checkpoint. */
  readonly laterRecords: readonly Bytes[]
  /** What the Checkpoint commits to. */
  readonly states: readonly Bytes[]
  /** And with the proof that an owner wrote it. */
  readonly starts: readonly Bytes[]
}

const formats = ['laterRecords', 'states', 'starts'] as const
const suite = webCryptoSuite(seededRandom(2025))
let made: Specimens

async function makeSpecimens(): Promise<Specimens> {
  const random = seededRandom(2026)
  const own = webCryptoSuite(random)
  const world = await setupWith({ suite: own, random }, 'alice', 'bob')
  const steward = await own.generateSigningKey()
  const [alice, bob] = [world.person('alice'), world.person('bob')]
  const change = { user: bob.userId, role: roles.owner }
  const approval = await approve(own, alice.identity.device, { scope: world.scope, ownerTerm: world.fold.ownerTerm(), ...change })
  await world.propose('alice', await draftSetRole(own, { ...change, cuts: null, approvals: [approval] }))
  const topic = topicIdOf(world.channel, 0)
  const frontier = [{ topic, device: bob.device, seq: 5, id: 'ab'.repeat(32) as EnvelopeId }]
  await world.propose('alice', await draftAnchor(own, { topic, snapshot: random.bytes(32), frontier }))
  const fold = await world.copy()
  const taken = await takeOverAt(world, nextPlace(fold), { signers: ['bob'], sequencer: steward.publicKey })
  const takeOver = await branchAt(world, nextPlace(fold), { drafts: [taken], by: 'alice', key: steward })
  await fold.apply(takeOver)
  const drafts = [draftCheckpoint(await fold.stateRoot())]
  const checkpoint = await branchAt(world, nextPlace(fold), { drafts, by: 'bob', key: steward })
  await fold.apply(checkpoint)
  const exported = await fold.exportState()
  const laterRecords = [...world.records, ...takeOver, ...checkpoint]
  const start = await makeStart(fold, laterRecords)
  return { laterRecords, states: exported ? [exported.state] : [], starts: start ? [start] : [] }
}

beforeAll(async () => {
  made = await makeSpecimens()
  if (process.env['WRITE_GOLDEN'] !== '1') return
  for (const format of formats) writeFileSync(fileOf(format), `${JSON.stringify(made[format].map(toHex), null, 2)}\n`)
})

function fileOf(format: keyof Specimens): URL {
  return new URL(`../golden/${format.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}.json`, import.meta.url)
}

function golden(format: keyof Specimens): Bytes[] {
  const lines = JSON.parse(readFileSync(fileOf(format), 'utf8')) as string[]
  return lines.map((line) => parseHex(line) ?? new Uint8Array())
}

test.each(formats)('[ID4] %s are the same bytes as when they were frozen', (format) => {
  expect(golden(format).length).toBeGreaterThan(0)
  expect(made[format].map(toHex)).toEqual(golden(format).map(toHex))
})

test('[ID1] later operations are read and written without a change', () => {
  const kinds = golden('laterRecords').map((bytes) => {
    const record = decodeRecord(bytes)
    const entry = decodeEntry(record.entry)
    expect(toHex(encodeRecord({ ...record, entry: encodeEntry(entry) }))).toBe(toHex(bytes))
    return entry.op.kind
  })
  expect(kinds.slice(-3)).toEqual(['anchor', 'set-sequencer', 'checkpoint'])
})

test('[ID4] [ID82] the golden log is judged, and its state begins a fold, as on the day they were made', async () => {
  const records = golden('laterRecords')
  const whole = makeScopeFold({ suite, scope: null })
  expect(await whole.apply(records)).toMatchObject({ ok: true })
  const checkpoint = records.at(-1) ?? new Uint8Array()
  const owner = decodeEntry(decodeRecord(checkpoint).entry).device
  const [state = new Uint8Array()] = golden('states')
  const started = await importState({ suite, scope: whole.scope, state, checkpoint, owner })
  if (!started.ok) throw new Error(started.reason)
  expect(started.value.head()).toEqual(whole.head())
  expect(started.value.members()).toHaveLength(2)
  const opened = await openStart(suite, whole.scope, golden('starts')[0] ?? new Uint8Array())
  if (!opened.ok) throw new Error(opened.reason)
  expect(opened.value.fold.head()).toEqual(whole.head())
})
