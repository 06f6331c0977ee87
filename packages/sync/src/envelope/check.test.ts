/** Every check of a receiver, each refused with its own code, with the real suite. */
import { concatBytes, encodeUtf8, idFromBytes } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId, UserId } from '@poruch/base'
import { webCryptoSuite } from '@poruch/crypto'
import type { SigningKey, Suite } from '@poruch/crypto'
import type { EnvelopeAuthority } from '@poruch/sync'
import { checkEnvelope, checkEphemeral, decodeEnvelope, envelopeKinds, statedHead } from '@poruch/sync/wire'
import type { ChainIndex, EnvelopeVerdict } from '@poruch/sync/wire'
import { beforeAll, expect, test } from 'vitest'
import { encodeTarget } from './erased.ts'
import { encodeInner } from './inner.ts'
import { sealEnvelope } from './seal.ts'

const topic = '01'.repeat(32) as TopicId
const otherTopic = '02'.repeat(32) as TopicId
const scope = '5c'.repeat(32) as ScopeId
const user = '04'.repeat(32) as UserId
const epochs = ['e0'.repeat(32), 'e1'.repeat(32)] as EpochId[]
const entryAt = (pos: number): EntryId => (pos + 0xa0).toString(16).repeat(32) as EntryId

interface Sealed {
  readonly id: EnvelopeId
  readonly bytes: Bytes
}

/** One author, the chain that the receiver holds of it, and a membership that each test bends. */
interface Bench {
  readonly suite: Suite
  readonly device: DeviceId
  readonly authority: EnvelopeAuthority
  seal(
    seq: number,
    options?: {
      prev?: EnvelopeId
      pos?: number
      gen?: number
      kind?: number
      lamport?: number
      as?: SigningKey
      in?: TopicId
      text?: string
      prefix?: Bytes
    },
  ): Promise<Sealed>
  check(
    bytes: Bytes,
    options?: { authority?: Partial<EnvelopeAuthority>; in?: TopicId; held?: readonly Sealed[]; beside?: Sealed },
  ): Promise<EnvelopeVerdict>
}

let bench: Bench
let mallory: SigningKey

beforeAll(async () => {
  const suite = webCryptoSuite()
  const key = await suite.signingKeyFromSeed(new Uint8Array(32).fill(1))
  mallory = await suite.signingKeyFromSeed(new Uint8Array(32).fill(2))
  const device = idFromBytes<'device'>(key.publicKey)
  const aead = await suite.deriveAeadKey(new Uint8Array(32).fill(9), new Uint8Array(0), new Uint8Array(0))
  const authority: EnvelopeAuthority = {
    scopeOf: (each) => (each === topic || each === otherTopic ? scope : null),
    deviceByIndex: (_topic, index) => (device.startsWith(index) ? device : null),
    headIdAt: (_topic, pos) => (pos <= 9 ? entryAt(pos) : null),
    headOf: (_topic, pos, hint) => statedBy(pos <= 9 ? entryAt(pos) : null, pos, hint),
    leftAt: () => null,
    authorAt: () => ({ user }),
    mayCompact: () => true,
    mayErase: (_topic, by, _pos, of) => by === of,
    isFrozen: () => false,
    epochFor: (_topic, _device, gen) => epochs[gen] ?? 'unknown',
    standing: () => 'stands',
  }
  bench = {
    suite,
    device,
    authority,
    seal: async (seq, options = {}) => {
      const { pos = 5, gen = 0, kind = 1, as = key, text = 'hello' } = options
      return sealEnvelope({
        suite,
        random: { bytes: (length) => new Uint8Array(length).fill(seq) },
        signer: { device, sign: async (domain, message) => suite.sign(as, domain, message) },
        scope,
        topic: options.in ?? topic,
        head: { pos, id: entryAt(pos) },
        epoch: { gen, id: epochs[gen] ?? epochs[0]! },
        kind,
        seq,
        prev: options.prev ?? null,
        lamport: options.lamport ?? seq,
        key: aead,
        inner: encodeInner({ deps: [], n: 1, updates: [encodeUtf8(text)] }),
        ...(options.prefix ? { prefix: options.prefix } : {}),
      })
    },
    check: async (bytes, options = {}) => {
      const chain: ChainIndex = {
        at: async (_device, seq) => {
          const held = options.held?.[seq - 1]
          const form = held && decodeEnvelope(held.bytes)
          return Promise.resolve(held && form?.ok ? { id: held.id, pos: form.value.header.pos } : null)
        },
        beside: (_device, seq) => {
          const form = options.beside && decodeEnvelope(options.beside.bytes)
          return options.beside && form?.ok && form.value.header.seq === seq ? [{ id: options.beside.id, pos: form.value.header.pos }] : []
        },
      }
      return checkEnvelope({ suite, authority: { ...authority, ...options.authority }, topic: options.in ?? topic, bytes, chain })
    },
  }
})

/** As an authority answers over a log that has this entry there. */
function statedBy(id: EntryId | null, pos: number, hint: string): ReturnType<EnvelopeAuthority['headOf']> {
  if (id === null) return 'unknown'
  return id.startsWith(hint) ? { id, pos } : 'differs'
}

function changed(bytes: Bytes, at: number, value: number): Bytes {
  const copy = new Uint8Array(bytes)
  copy[at] = value
  return copy
}

test('[SY10] an envelope that breaks no rule is taken for what it is', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const verdict = await bench.check(second.bytes, { held: [first] })
  expect(verdict).toMatchObject({
    ok: true,
    value: { id: second.id, device: bench.device, user, scope, prev: first.id, epoch: epochs[0], standing: 'stands', awaits: [] },
  })
})

test('[SY2] refuses by form before anything else', async () => {
  const { bytes } = await bench.seal(1)
  const codes = [
    [changed(bytes, 0, 2), 'unknown-version'],
    [changed(bytes, 1, 2), 'unknown-suite'],
    [changed(bytes, 2, 3), 'kind-not-yet'],
    [changed(changed(bytes, 2, 4), 15, 1), 'bad-envelope'],
    [changed(bytes, 2, 6), 'bad-envelope'],
    [changed(bytes, 2, 0), 'unknown-kind'],
    [changed(bytes, 2, 8), 'unknown-kind'],
    [changed(changed(bytes, 0, 0x81), 2, 7), 'bad-envelope'],
    [changed(bytes.slice(0, 149), 0, 0x81), 'bad-envelope'],
    [changed(bytes, 32, 1), 'bucket-not-yet'],
    [changed(bytes, 18, 0), 'bad-envelope'],
    [changed(bytes, 45, 1), 'bad-envelope'],
    [changed(bytes, 28, 0), 'bad-envelope'],
    [bytes.slice(0, 132), 'bad-envelope'],
    [new Uint8Array(0), 'bad-envelope'],
    [concatBytes(bytes, new Uint8Array(256 * 1024)), 'too-large'],
  ] as const
  const unknown: Partial<EnvelopeAuthority> = { scopeOf: () => null }
  for (const [broken, reason] of codes) expect(await bench.check(broken, { authority: unknown })).toEqual({ ok: false, reason })
})

test('[SY11] refuses a topic that no log here knows, and waits for a position that is not here', async () => {
  const { bytes } = await bench.seal(1)
  expect(await bench.check(bytes, { in: '09'.repeat(32) as TopicId })).toEqual({ ok: false, reason: 'unknown-topic' })
  expect(await bench.check(bytes, { authority: { headOf: () => 'unknown' } })).toEqual({ ok: false, reason: 'wait-log' })
})

test('[SY11] refuses a head of another branch and a device that nobody pinned', async () => {
  const { bytes } = await bench.seal(1)
  expect(await bench.check(bytes, { authority: { headOf: () => 'differs' } })).toMatchObject({ ok: false, reason: 'head-differs' })
  expect(await bench.check(bytes, { authority: { deviceByIndex: () => null } })).toEqual({ ok: false, reason: 'unknown-device' })
})

test('[SY12] refuses an author without the right at the stated position, whatever the head is', async () => {
  const late = await bench.seal(1, { pos: 8 })
  const early = await bench.seal(1, { pos: 4 })
  const authority: Partial<EnvelopeAuthority> = { authorAt: (_topic, _device, pos) => (pos < 7 ? { user } : { refused: 'no-right' }) }
  expect(await bench.check(late.bytes, { authority })).toEqual({ ok: false, reason: 'no-right' })
  expect((await bench.check(early.bytes, { authority })).ok).toBe(true)
})

test('[SY12] a frozen topic takes nothing new, and knows what it holds', async () => {
  const first = await bench.seal(1)
  const authority: Partial<EnvelopeAuthority> = { isFrozen: () => true }
  expect(await bench.check(first.bytes, { authority })).toEqual({ ok: false, reason: 'frozen' })
  expect(await bench.check(first.bytes, { authority, held: [first] })).toMatchObject({ ok: false, reason: 'known' })
})

test('[SY13] refuses a position that goes back along the chain', async () => {
  const first = await bench.seal(1, { pos: 6 })
  const back = await bench.seal(2, { prev: first.id, pos: 5 })
  const same = await bench.seal(2, { prev: first.id, pos: 6 })
  expect(await bench.check(back.bytes, { held: [first] })).toEqual({ ok: false, reason: 'pos-back' })
  expect((await bench.check(same.bytes, { held: [first] })).ok).toBe(true)
})

test('[SY14] names the gap, knows what it has, and takes no second envelope for one seq', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const third = await bench.seal(3, { prev: second.id })
  const branch = await bench.seal(2, { prev: first.id, text: 'other' })
  expect(await bench.check(third.bytes, { held: [first] })).toEqual({ ok: false, reason: 'gap', at: { device: bench.device, seq: 2 } })
  expect(await bench.check(second.bytes, { held: [first, second] })).toEqual({
    ok: false,
    reason: 'known',
    at: { device: bench.device, seq: 2, id: second.id },
  })
  expect(await bench.check(branch.bytes, { held: [first, second] })).toMatchObject({
    ok: false,
    reason: 'fork',
    at: { device: bench.device, seq: 2, id: branch.id },
  })
  expect(await bench.check(third.bytes, { held: [first, branch] })).toEqual({
    ok: false,
    reason: 'prev-differs',
    at: { device: bench.device, seq: 3 },
  })
})

test('[SY14] calls nothing a fork that its author has not signed', async () => {
  const first = await bench.seal(1)
  const forged = await bench.seal(1, { as: mallory, text: 'other' })
  expect(await bench.check(forged.bytes, { held: [first] })).toEqual({ ok: false, reason: 'bad-signature' })
})

test('[SY14] on a branch beside the chain, too, takes what its author has signed, and nothing else', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const beside = await bench.seal(2, { prev: first.id, text: 'other' })
  const sides = { held: [first, second], beside }
  const third = await bench.seal(3, { prev: beside.id })
  expect(await bench.check(third.bytes, sides)).toMatchObject({ ok: false, reason: 'fork', at: { device: bench.device, id: third.id } })
  const forged = await bench.seal(3, { prev: beside.id, as: mallory })
  expect(await bench.check(forged.bytes, sides)).toEqual({ ok: false, reason: 'bad-signature' })
})

test('[SY15] keeps what a cut voids as void, and what the cut names as standing', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const third = await bench.seal(3, { prev: second.id })
  const authority: Partial<EnvelopeAuthority> = {
    standing: (_topic, place, onChain) => (place.seq <= 2 && onChain(2, second.id) ? 'stands' : 'void'),
  }
  expect(await bench.check(third.bytes, { held: [first, second], authority })).toMatchObject({
    ok: true,
    value: { standing: 'void', awaits: [] },
  })
  expect(await bench.check(second.bytes, { held: [first], authority })).toMatchObject({ ok: true, value: { standing: 'stands' } })
})

test('[SY15] before the chain reaches what the cut names, nothing of it stands, and the check says what it waits for', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const authority: Partial<EnvelopeAuthority> = {
    standing: (_topic, place, onChain) => (place.seq <= 3 && onChain(3, 'cc'.repeat(32) as EnvelopeId) ? 'stands' : 'void'),
  }
  expect(await bench.check(second.bytes, { held: [first], authority })).toMatchObject({
    ok: true,
    value: { standing: 'void', awaits: [3] },
  })
})

test('[SY16] waits for an epoch that is not here and refuses one from before a removal', async () => {
  const { bytes } = await bench.seal(1)
  expect(await bench.check(bytes, { authority: { epochFor: () => 'unknown' } })).toEqual({ ok: false, reason: 'wait-epoch' })
  expect(await bench.check(bytes, { authority: { epochFor: () => 'too-old' } })).toEqual({ ok: false, reason: 'epoch-too-old' })
})

test('[SY17] refuses another’s signature and any changed byte of header, content or signature', async () => {
  const forged = await bench.seal(1, { as: mallory })
  expect(await bench.check(forged.bytes)).toEqual({ ok: false, reason: 'bad-signature' })
  const { bytes } = await bench.seal(1)
  for (const at of [6, 26, 38, 60, bytes.length - 70, bytes.length - 1]) {
    expect(await bench.check(changed(bytes, at, (bytes[at] ?? 0) ^ 1))).toEqual({ ok: false, reason: 'bad-signature' })
  }
})

test('[SY17] refuses an envelope carried to another topic, scope, epoch or head', async () => {
  const { bytes } = await bench.seal(1)
  const refused = { ok: false, reason: 'bad-signature' }
  expect(await bench.check(bytes, { in: otherTopic })).toEqual(refused)
  expect(await bench.check(bytes, { authority: { scopeOf: () => '5d'.repeat(32) as ScopeId } })).toEqual(refused)
  expect(await bench.check(bytes, { authority: { epochFor: () => epochs[1]! } })).toEqual(refused)
  const sameHint = (entryAt(5).slice(0, 8) + '00'.repeat(28)) as EntryId
  expect(await bench.check(bytes, { authority: { headOf: (_topic, pos) => ({ id: sameHint, pos }) } })).toEqual(refused)
})

test('[SY17] refuses a chain whose prev differs behind its hint', async () => {
  const first = await bench.seal(1)
  const second = await bench.seal(2, { prev: first.id })
  const twin = { ...first, id: (first.id.slice(0, 8) + '00'.repeat(28)) as EnvelopeId }
  expect(await bench.check(second.bytes, { held: [twin] })).toEqual({ ok: false, reason: 'bad-signature' })
})

test('[SY18] judges an ephemeral by the receiver’s newest position and never stores one', async () => {
  const eph = await bench.seal(0, { kind: 5, lamport: 0, pos: 4 })
  const { suite, authority } = bench
  const ask = async (newestPos: number, bent: Partial<EnvelopeAuthority> = {}): Promise<EnvelopeVerdict> =>
    checkEphemeral({ suite, topic, bytes: eph.bytes, newestPos, authority: { ...authority, ...bent } })
  const untilSeven: Partial<EnvelopeAuthority> = { authorAt: (_topic, _device, pos) => (pos < 7 ? { user } : { refused: 'no-right' }) }
  const freshEpoch: Partial<EnvelopeAuthority> = { epochFor: (_topic, _device, _gen, pos) => (pos < 7 ? epochs[0]! : 'too-old') }
  expect(await ask(6, untilSeven)).toMatchObject({ ok: true, value: { id: eph.id, user } })
  expect(await ask(8, untilSeven)).toEqual({ ok: false, reason: 'no-right' })
  expect(await ask(8, freshEpoch)).toEqual({ ok: false, reason: 'epoch-too-old' })
  expect(await bench.check(eph.bytes)).toEqual({ ok: false, reason: 'wrong-kind' })
  const stored = await bench.seal(1)
  expect(await checkEphemeral({ suite, topic, bytes: stored.bytes, newestPos: 6, authority })).toEqual({ ok: false, reason: 'wrong-kind' })
  const forged = await bench.seal(0, { kind: 5, lamport: 0, as: mallory })
  expect(await checkEphemeral({ suite, topic, bytes: forged.bytes, newestPos: 6, authority })).toEqual({
    ok: false,
    reason: 'bad-signature',
  })
})

test('[SY4] an envelope is at most 140 bytes longer than what is sealed in it', async () => {
  const { bytes } = await bench.seal(1, { text: 'x'.repeat(1000) })
  const inner = encodeInner({ deps: [], n: 1, updates: [encodeUtf8('x'.repeat(1000))] })
  expect(bytes.length - inner.length).toBeLessThanOrEqual(140)
})

test('[SY112] an envelope on a stretch that owners have left is judged where the log and that stretch were last one', async () => {
  const { bytes, id } = await bench.seal(1)
  const asked: number[] = []
  const left: Partial<EnvelopeAuthority> = {
    headOf: () => ({ id: entryAt(5), pos: 3 }),
    leftAt: () => 3,
    authorAt: (_topic, _device, pos) => {
      asked.push(pos)
      return { user }
    },
    epochFor: (_topic, _device, gen, pos) => {
      asked.push(pos)
      return epochs[gen] ?? 'unknown'
    },
    standing: (_topic, { pos }) => {
      asked.push(pos)
      return 'stands'
    },
  }
  expect(await bench.check(bytes, { authority: left })).toMatchObject({ ok: true, value: { id, head: entryAt(5) } })
  expect(asked).toEqual([3, 3, 3])
  const demoted: Partial<EnvelopeAuthority> = {
    ...left,
    authorAt: (_topic, _device, pos) => (pos > 3 ? { user } : { refused: 'no-right' }),
  }
  expect(await bench.check(bytes, { authority: demoted })).toEqual({ ok: false, reason: 'no-right' })
  expect(await bench.check(bytes, { authority: { headOf: () => 'differs' } })).toEqual({
    ok: false,
    reason: 'head-differs',
    at: { device: bench.device, seq: 1 },
  })
})

test('[SY113] an entry of a left stretch is learnt from a context that a device of the log has signed, and from no other', async () => {
  const first = await bench.seal(1)
  const { bytes } = await bench.seal(2, { prev: first.id })
  const frame = { type: 'CTX', topic, prev: first.id, head: entryAt(5), epoch: epochs[0]!, envelope: bytes } as const
  const ask = async (change: Partial<typeof frame>, bent: Partial<EnvelopeAuthority> = {}): Promise<unknown> => {
    const differs: Partial<EnvelopeAuthority> = { headOf: () => 'differs', leftAt: () => 3 }
    return statedHead({ suite: bench.suite, authority: { ...bench.authority, ...differs, ...bent } }, { ...frame, ...change })
  }
  expect(await ask({})).toEqual({ pos: 5, head: entryAt(5), epoch: null })
  const sameHint = (entryAt(5).slice(0, 8) + '00'.repeat(28)) as EntryId
  for (const change of [{ head: sameHint }, { head: entryAt(6) }, { epoch: epochs[1]! }, { prev: '00'.repeat(32) as EnvelopeId }])
    expect(await ask(change as Partial<typeof frame>)).toBeNull()
  // Where nothing was left, or the log has that entry itself, or nobody knows the device, there is nothing to learn.
  expect(await ask({}, { leftAt: () => null })).toBeNull()
  expect(await ask({}, { headOf: bench.authority.headOf })).toBeNull()
  expect(await ask({}, { deviceByIndex: () => null })).toBeNull()
  const forged = await bench.seal(2, { prev: first.id, as: mallory })
  expect(await ask({ envelope: forged.bytes })).toBeNull()
  // An epoch that the log does not have is learnt with it, also where the entry is known by now; never one that the log has, nor of a 1:1.
  const unknown: Partial<EnvelopeAuthority> = { epochFor: () => 'unknown', leftEpoch: () => 'unknown' }
  const learnt = { pos: 5, head: entryAt(5), epoch: { gen: 0, id: epochs[0] } }
  const known: Partial<EnvelopeAuthority> = { headOf: () => ({ id: entryAt(5), pos: 3 }) }
  expect([await ask({}, unknown), await ask({}, { ...unknown, ...known })]).toEqual([learnt, learnt])
  for (const bent of [{}, { leftEpoch: () => null }, { leftEpoch: () => epochs[0]! }])
    expect(await ask({}, { ...unknown, ...known, ...bent, ...('leftEpoch' in bent ? {} : { epochFor: () => epochs[0]! }) })).toBeNull()
})

test('[SY2] an Erase names a place that a chain has, or is of the wrong form', async () => {
  const first = await bench.seal(1)
  const named = async (seq: number) => {
    const prefix = encodeTarget({ device: bench.device, seq, id: first.id })
    return bench.check((await bench.seal(2, { prev: first.id, kind: envelopeKinds.erase, prefix })).bytes, { held: [first] })
  }
  expect(await named(1)).toMatchObject({ ok: true })
  expect(await named(0)).toEqual({ ok: false, reason: 'bad-envelope' })
})
