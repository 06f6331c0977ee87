import { readFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import { concatBytes, encodeUtf8, parseHex, systemClock, toHex } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import { makeSyncWorld } from '@poruch/testkit/memory'
import type { SyncPlayer, SyncWorld } from '@poruch/testkit/memory'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Core } from '../engine/core.ts'
import { encodeTarget } from '../envelope/erased.ts'
import { decodeEnvelope, envelopeKinds } from '../envelope/header.ts'
import { makeOwnChain } from '../engine/own-chain.ts'
import { makeEnvelopeKeys, sealEnvelope } from '../envelope/seal.ts'
import type { LogRow } from '../ports.ts'
import { buildRun, frontierOf } from './build-pack.ts'
import { sealCompact } from './check-compact.ts'
import { decodePackBody, encodePackBody } from './pack-body.ts'
import type { PackEntry, PackRun } from './pack-body.ts'
import { splitPack } from './pack-ends.ts'
import type { ChainPlace } from './pack-ends.ts'
import { deflate, inflate } from './deflate.ts'
import { makePack, openPack } from './pack.ts'
import { encodeInner, kindOf, pad } from '../envelope/inner.ts'
import { sealPlaceOf } from '../engine/writer.ts'
import { goldenRuns } from '../testing/golden-runs.ts'
import { verifyPack } from './verify-pack.ts'

const golden = JSON.parse(readFileSync(new URL('../../golden/pack.json', import.meta.url), 'utf8')) as { readonly body: string }

let world: SyncWorld
let alice: SyncPlayer
let bob: SyncPlayer

function coreOf(player: SyncPlayer): Core {
  const { signer, authority, store } = player
  const { suite } = world
  let count = 0
  const random = { bytes: (length: number) => new Uint8Array(length).fill(++count) }
  const applier = { apply: async () => Promise.resolve({ ok: true } as const), rebuild: async () => Promise.resolve(), ephemeral: () => {} }
  const keys = makeEnvelopeKeys(suite, authority)
  return {
    suite,
    random,
    clock: systemClock,
    store,
    authority,
    signer,
    applier,
    keys,
    log: () => {},
    waiting: { sizeBytes: 0 },
    ownChain: makeOwnChain(store, () => {}),
  }
}

async function rowsOf(player: SyncPlayer, topic: TopicId = world.topic): Promise<readonly (readonly LogRow[])[]> {
  const heads = await player.store.heads(topic)
  return Promise.all(heads.map(async ({ device }) => player.store.read(topic, device, 1, 1000)))
}

/** A conversation that both hold. */
async function talk(count: number): Promise<void> {
  world.connect(alice, bob)
  for (let index = 0; index < count; index++) await (index % 3 === 0 ? bob : alice).say(`line ${index} of a conversation`)
  await world.pass(1000)
}

async function runsOf(player: SyncPlayer): Promise<PackRun[]> {
  const { id: epoch } = await sealPlaceOf(coreOf(player), world.topic, 4).then((place) => place.epoch)
  const runs = await Promise.all((await rowsOf(player)).map(async (rows) => buildRun(coreOf(player), { topic: world.topic, epoch }, rows)))
  return runs.flatMap((run) => run ?? []).toSorted((a, b) => (a.device < b.device ? -1 : 1))
}

function changedRun(run: PackRun, at: number, change: Partial<PackEntry>): PackRun {
  return { ...run, entries: run.entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry)) }
}

const reasonOf = async (runs: readonly PackRun[], reader: SyncPlayer = bob): Promise<string> => {
  const judged = await verifyPack(coreOf(reader), world.topic, runs)
  return judged.ok ? 'ok' : judged.reason
}

beforeEach(async () => {
  world = makeSyncWorld(7)
  alice = await world.join()
  bob = await world.join()
})

describe('a pack', () => {
  test('[SY70] gives ids, places, content and the last envelope of each chain again, to whoever holds the epoch', async () => {
    await talk(12)
    const chains = await rowsOf(alice)
    const pack = await makePack(coreOf(alice), world.topic, { prev: null, chains })
    const opened = pack && (await openPack(coreOf(bob), world.topic, pack))
    if (!opened?.ok) throw new Error(opened?.reason)
    for (const rows of chains) {
      const again = opened.value.chains.find(([first]) => first?.device === rows[0]?.device) ?? []
      const place = ({ device, seq, id, prev, pos, lamport, gen, kind, state }: LogRow) => ({
        device,
        seq,
        id,
        prev,
        pos,
        lamport,
        gen,
        kind,
        state,
      })
      expect(again.map(place)).toEqual(rows.map(place))
      expect(again.at(-1)?.bytes).toEqual(rows.at(-1)?.bytes)
    }
  })

  test('[SY70] of arbitrary envelopes is read back, and signs for their very bytes', async () => {
    const core = coreOf(alice)
    const place = await sealPlaceOf(core, world.topic, 1)
    const shape = fc.array(
      fc.record({
        updates: fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        n: fc.nat(0xffff),
        step: fc.nat(2 ** 16),
      }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(shape, async (envelopes) => {
        const rows = await chainOf(core, place, envelopes)
        const run = await buildRun(core, { topic: world.topic, epoch: place.epoch.id }, rows)
        if (!run) throw new Error('no run')
        const decoded = decodePackBody(encodePackBody([run]))
        expect(decoded).toEqual({ ok: true, value: [run] })
        const judged = await verifyPack(core, world.topic, decoded.ok ? decoded.value : [])
        expect(judged.ok && judged.value[0]?.map((row) => row.id)).toEqual(rows.map((row) => row.id))
        expect(judged.ok && judged.value[0]?.at(-1)?.bytes).toEqual(rows.at(-1)?.bytes)
      }),
      { numRuns: 40, seed: 11 },
    )
  })

  test('[SY70] has its golden bytes', async () => {
    expect(toHex(encodePackBody(goldenRuns()))).toBe(golden.body)
    expect(decodePackBody(parseHex(golden.body) ?? new Uint8Array(0))).toEqual({ ok: true, value: goldenRuns() })
  })

  test('[SY71] with any byte changed is refused', async () => {
    await talk(6)
    const pack = await makePack(coreOf(alice), world.topic, { prev: null, chains: await rowsOf(alice) })
    if (!pack) throw new Error('no pack')
    for (let at = 0; at < pack.bytes.length; at++) {
      const bytes = pack.bytes.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect((await openPack(coreOf(bob), world.topic, { ...pack, bytes })).ok, `byte ${at}`).toBe(false)
    }
  })

  test('[SY71] whose author changes, swaps or leaves out an envelope of others is refused', async () => {
    await talk(12)
    const [first, second] = await runsOf(alice)
    if (!first || !second) throw new Error('two runs expected')
    const content = first.entries[1]?.content
    if (content?.mode !== 'plain') throw new Error('plain expected')
    const forged = { mode: 'plain', inner: { ...content.inner, updates: [encodeUtf8('I resign')] } } as const
    expect(await reasonOf([first, second])).toBe('ok')
    expect(await reasonOf([changedRun(first, 1, { content: forged }), second])).toBe('bad-signature')
    expect(await reasonOf([changedRun(first, 0, { lamport: 9 }), second])).toBe('bad-signature')
    expect(await reasonOf([changedRun(first, 0, { nonce: new Uint8Array(12) }), second])).toBe('bad-signature')
    expect(await reasonOf([{ ...first, entries: first.entries.slice(1) }, second])).toBe('bad-signature')
    expect(await reasonOf([{ ...first, entries: first.entries.slice(0, -1) }, second])).toBe('bad-signature')
    expect(
      await reasonOf([
        { ...first, device: second.device },
        { ...second, device: first.device },
      ]),
    ).toBe('bad-signature')
    expect(await reasonOf([{ ...first, sig: second.sig }, second])).toBe('bad-signature')
    expect(await reasonOf([{ ...first, firstSeq: 2, prev: 'ab'.repeat(32) as never }, second])).toBe('bad-signature')
  })

  test('[SY72] is judged envelope by envelope', async () => {
    await talk(12)
    const runs = await runsOf(alice)
    const [first] = runs
    if (!first) throw new Error('a run expected')
    expect(await reasonOf([{ ...first, device: '00'.repeat(32) as DeviceId }])).toBe('unknown-device')
    expect(await reasonOf([changedRun(first, 0, { pos: 11 })])).toBe('wait-log')
    expect(await reasonOf([changedRun(first, 0, { gen: 5 })])).toBe('wait-epoch')
    expect(await reasonOf([changedRun(changedRun(first, 0, { pos: 9 }), 1, { pos: 8 })])).toBe('pos-back')
    expect(await reasonOf(runs, await world.join({ gens: [] }))).toBe('no-key')
    // Under an epoch from before a removal, and away from somebody else by who may not.
    world.script.cuts.push({ pos: 1, device: '00'.repeat(32) as DeviceId, keeps: new Map() })
    expect(await reasonOf(runs)).toBe('epoch-too-old')
    world.script.cuts.pop()
    const target = encodeTarget({ device: runs[1]?.device ?? first.device, seq: 1, id: 'ab'.repeat(32) as never })
    const erase = { kind: envelopeKinds.erase, content: { mode: 'kept', ct: concatBytes(target, new Uint8Array(40)) } } as const
    expect(await reasonOf([changedRun(first, 0, erase)])).toBe('no-erase')
    const member = world.script.members.findIndex(({ device }) => device === first.device)
    world.script.members[member] = { ...world.script.members[member]!, from: 11 }
    world.script.members.push({ ...world.script.members[member]!, from: 0, until: 3 })
    expect(await reasonOf(runs)).toBe('no-right')
  })

  test('[SY73] by who may not compact is refused, and so is one in another place of the order', async () => {
    await talk(6)
    const chains = await rowsOf(alice)
    const pack = await makePack(coreOf(alice), world.topic, { prev: null, chains })
    const next = await makePack(coreOf(alice), world.topic, { prev: pack?.id ?? null, chains })
    if (!pack || !next) throw new Error('no pack')
    const open = async (each: typeof pack): Promise<string> => {
      const opened = await openPack(coreOf(bob), world.topic, each)
      return opened.ok ? 'ok' : opened.reason
    }
    expect(await open(next)).toBe('ok')
    expect(await open({ ...next, prev: null })).toBe('prev-differs')
    expect(await open({ ...next, prev: (next.prev?.slice(0, 8) + '00'.repeat(28)) as never })).toBe('bad-signature')
    world.script.commenters.add(alice.device)
    expect(await open(pack)).toBe('no-right')
  })

  test('[SY88] says in the clear where its chains end, and nothing else than what it holds', async () => {
    await talk(12)
    const core = coreOf(alice)
    const chains = await rowsOf(alice)
    const pack = await makePack(core, world.topic, { prev: null, chains })
    const form = pack && decodeEnvelope(pack.bytes)
    const parts = form?.ok ? splitPack(form.value) : null
    if (!parts) throw new Error('no pack')
    expect(parts.ends).toEqual(frontierOf(chains).toSorted((a, b) => (a.device < b.device ? -1 : 1)))
    const place = await sealPlaceOf(core, world.topic, 4)
    const inner = pad(encodePackBody(await runsOf(alice)))
    const reasonFor = async (ends: readonly ChainPlace[]): Promise<string> => {
      const sealed = await sealCompact({ ...core, topic: world.topic, place, kind: 4, prev: null, lamport: 12, ends, inner })
      const opened = await openPack(coreOf(bob), world.topic, { ...sealed, prev: null })
      return opened.ok ? 'ok' : opened.reason
    }
    const [first, second] = parts.ends
    if (!first || !second) throw new Error('two ends expected')
    expect(await reasonFor(parts.ends)).toBe('ok')
    // As packs of the first version were.
    expect(await reasonFor([])).toBe('ok')
    expect(await reasonFor([first])).toBe('false-ends')
    expect(await reasonFor([{ ...first, seq: first.seq - 1 }, second])).toBe('false-ends')
    expect(await reasonFor([{ ...first, id: second.id }, second])).toBe('false-ends')
    expect(await reasonFor([second, first])).toBe('bad-envelope')
  })

  test('[SY75] keeps of what was erased its hash and the Erase, and is refused without one', async () => {
    await talk(6)
    await alice.sync.erase(world.topic, { device: alice.device, seq: 2 })
    await world.pass(1000)
    const runs = await runsOf(alice)
    const mine = runs.find(({ device }) => device === alice.device)
    const erased = mine?.entries[1]?.content
    if (!mine || erased?.mode !== 'erased') throw new Error('an erased one expected')
    expect(await reasonOf(runs)).toBe('ok')
    const without = (proof: Bytes): readonly PackRun[] => [changedRun(mine, 1, { content: { ...erased, proof } })]
    expect(await reasonOf(without(new Uint8Array(0)))).toBe('no-erase')
    // Another one may not be hidden behind it.
    const [row] = await alice.store.read(world.topic, alice.device, 1, 1)
    const form = decodeEnvelope(row?.bytes ?? new Uint8Array(0))
    const ctHash = await world.suite.sha256(form.ok ? form.value.ct : new Uint8Array(0))
    expect(await reasonOf([changedRun(mine, 0, { content: { ...erased, ctHash } })])).toBe('no-erase')
    expect(decodePackBody(encodePackBody(runs))).toEqual({ ok: true, value: runs })
  })

  test('[SY76] keeps sealed what a newcomer under since-join may not read', async () => {
    await talk(3)
    world.script.epochs.push({ pos: 10, key: world.suite && new Uint8Array(32).fill(5) })
    for (const player of [alice, bob]) player.authority.giveKey(1)
    await alice.say('after the rotation')
    const core = coreOf(alice)
    const shut: Core = { ...core, authority: { ...core.authority, leadsTo: (_topic, epoch, older) => epoch === older } }
    const pack = await makePack(shut, world.topic, { prev: null, chains: await rowsOf(alice) })
    const newcomer = await world.join({ gens: [1] })
    const opened = pack && (await openPack(coreOf(newcomer), world.topic, pack))
    if (!opened?.ok) throw new Error(opened?.reason)
    const modes = opened.value.chains.flat().map(({ gen, content }) => `${gen} ${content.mode}`)
    expect(new Set(modes)).toEqual(new Set(['0 kept', '1 plain']))
  })
})

describe('the decoder', () => {
  test('[SY74] bounds a deflate bomb by what it states, and by 8 MiB', async () => {
    const bomb = new Uint8Array(deflateRawSync(new Uint8Array(32 * 1024 * 1024)))
    expect(inflate(bomb, 1000)).toBeNull()
    expect(inflate(deflate(encodeUtf8('short')), 6)).toBeNull()
    expect(inflate(deflate(encodeUtf8('short')), 5)).toEqual(encodeUtf8('short'))
    const head = Uint8Array.of(1, 0, 0)
    const stated = (size: number): Bytes =>
      concatBytes(head, Uint8Array.of(size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255), bomb)
    expect(decodePackBody(stated(32 * 1024 * 1024))).toEqual({ ok: false, reason: 'pack-too-large' })
    expect(decodePackBody(stated(1000))).toEqual({ ok: false, reason: 'bad-pack' })
    expect(decodePackBody(Uint8Array.of(2))).toEqual({ ok: false, reason: 'unknown-pack-version' })
  })

  test('[SY74] is not thrown by any bytes', () => {
    const body = encodePackBody(goldenRuns())
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.nat(body.length - 1), fc.nat(255)).map(([at, value]) => {
        const copy = body.slice()
        copy[at] = value
        return copy
      }),
      fc.uint8Array({ maxLength: 300 }).map((columns) => concatBytes(body.subarray(0, 159), Uint8Array.of(0, 0, 1, 44), deflate(columns))),
    )
    fc.assert(
      fc.property(bytes, (each) => {
        decodePackBody(each)
      }),
      { numRuns: 500, seed: 3 },
    )
  })

  test('[SY108] a false pack is named by its author, a forged one by nobody', async () => {
    await talk(6)
    const named: string[] = []
    bob.sync.onFalsePack(({ device, reason }) => named.push(`${device} ${reason}`))
    await bob.sync.openTopic(world.topic)
    const core = coreOf(alice)
    const place = await sealPlaceOf(core, world.topic, 4)
    const runs = await runsOf(alice)
    const [first] = runs
    if (!first) throw new Error('a run expected')
    const seal = async (body: Bytes, ends: readonly ChainPlace[] = []) => ({
      ...(await sealCompact({ ...core, topic: world.topic, place, kind: 4, prev: null, lamport: 6, ends, inner: pad(body) })),
      prev: null,
    })
    // Somebody's words changed, somebody's words hidden, an end that is none.
    const words = { mode: 'plain', inner: { deps: [], n: 1, updates: [encodeUtf8('I resign')] } } as const
    const hidden = { mode: 'erased', ctHash: new Uint8Array(32), proof: new Uint8Array(300) } as const
    for (const made of [
      await seal(encodePackBody([changedRun(first, 0, { content: words })])),
      await seal(encodePackBody([changedRun(first, 0, { content: hidden })])),
      await seal(encodePackBody(runs), [{ device: alice.device, seq: 99, id: 'ab'.repeat(32) as never }]),
      await seal(encodeUtf8('garbage')),
    ]) {
      expect(await bob.sync.takePack(world.topic, made)).toMatchObject({ kind: 'refused', author: alice.device })
    }
    const reasons = ['bad-signature', 'no-erase', 'false-ends', 'unknown-pack-version']
    expect(named).toEqual(reasons.map((reason) => `${alice.device} ${reason}`))
    const whole = await seal(encodePackBody(runs))
    const forged = whole.bytes.slice()
    forged[80] = (forged[80] ?? 0) ^ 1
    expect((await bob.sync.takePack(world.topic, { ...whole, bytes: forged })).kind).toBe('refused')
    expect(named).toHaveLength(reasons.length)
    expect(await bob.sync.packsOf(world.topic)).toEqual([])
  })

  test('[SY74] a pack whose inside is garbage is refused, though its author has signed it', async () => {
    await alice.say('something')
    const core = coreOf(alice)
    const place = await sealPlaceOf(core, world.topic, 4)
    const sealed = await sealCompact({
      ...core,
      topic: world.topic,
      place,
      kind: 4,
      prev: null,
      lamport: 1,
      ends: [],
      inner: pad(encodeUtf8('garbage')),
    })
    const opened = await openPack(coreOf(bob), world.topic, { ...sealed, prev: null })
    expect(opened).toEqual({ ok: false, reason: 'unknown-pack-version', author: alice.device })
  })
})

/** Sealed and signed as the engine does. */
async function chainOf(
  core: Core,
  place: Awaited<ReturnType<typeof sealPlaceOf>>,
  envelopes: readonly { updates: readonly Uint8Array[]; n: number; step: number }[],
): Promise<LogRow[]> {
  const rows: LogRow[] = []
  let lamport = 0
  for (const [index, { updates, n, step }] of envelopes.entries()) {
    const kind = kindOf(updates.map((each) => new Uint8Array(each)))
    const key = await core.keys.keyOf({ topic: world.topic, epoch: place.epoch.id, kind, device: core.signer.device })
    if (!key) throw new Error('no key')
    lamport += step + 1
    const prev = rows.at(-1)?.id ?? null
    const inner = {
      deps: [{ deviceIndex: bob.device.slice(0, 16), seq: index + 1 + step }],
      n,
      updates: updates.map((each) => new Uint8Array(each)),
    }
    const plan = { ...core, ...place, key, topic: world.topic, kind, seq: index + 1, prev, lamport, inner: encodeInner(inner) }
    const sealed = await sealEnvelope(plan)
    rows.push({ device: core.signer.device, seq: index + 1, prev, pos: place.head.pos, lamport, gen: 0, kind, state: 'opened', ...sealed })
  }
  return rows
}
