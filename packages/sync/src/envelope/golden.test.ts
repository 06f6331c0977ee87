/** The bytes of envelopes, frozen; and bytes that nobody sealed. */
import { readFileSync } from 'node:fs'
import { concatBytes, encodeUtf8, parseHex, toHex } from '@poruch/base'
import type { Bytes, DeviceId, EntryId, EnvelopeId, EpochId, ScopeId, TopicId } from '@poruch/base'
import { padmeLength, webCryptoSuite } from '@poruch/crypto'
import { maxBeaconEnds, maxBeaconsHeard, maxUpdateSizeBytes } from '@poruch/sync'
import { decodeEnvelope, encodeHeader, encodeReplaced, envelopeContext, envelopeId, maxEnvelopeSizeBytes } from '@poruch/sync/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBeacon, encodeBeacon } from './beacon.ts'
import type { Beacon } from './beacon.ts'
import { decodeEphemeralInner, decodeInner, encodeEphemeralInner, encodeInner } from './inner.ts'
import { makeEnvelopeKeys, openSeal, sealEnvelope } from './seal.ts'

const golden = JSON.parse(readFileSync(new URL('../../golden/envelope.json', import.meta.url), 'utf8')) as Record<string, string>
const suite = webCryptoSuite()
const parts = {
  scope: '5c'.repeat(32) as ScopeId,
  topic: '01'.repeat(32) as TopicId,
  epoch: 'e0'.repeat(32) as EpochId,
  device: golden['device'] as DeviceId,
  prev: 'be'.repeat(32) as EnvelopeId,
  head: 'ea'.repeat(32) as EntryId,
}
const header = {
  kind: 2,
  gen: 3,
  deviceIndex: (golden['device'] ?? '').slice(0, 16),
  seq: 2,
  pos: 5,
  lamport: 0x0102_0304_0506,
  nonce: new Uint8Array(12).fill(7),
  prevHint: 'bebebebe',
  headHint: 'eaeaeaea',
}
const inner = {
  deps: [
    { deviceIndex: '0000000000000001', seq: 4 },
    { deviceIndex: '00000000000000ff', seq: 1 },
  ],
  n: 9,
  updates: [encodeUtf8('one'), encodeUtf8('two')],
}
const ephemeral = { session: '77'.repeat(16), counter: 5, expiresAtMs: 1_700_000_030_000, body: encodeUtf8('caret') }
const beacon: Beacon = {
  isLeaving: true,
  session: '66'.repeat(16),
  counter: 3,
  head: { pos: 9, id: parts.head },
  heard: ['1122334455667788', '8877665544332211'],
  ends: [{ topic: parts.topic, deviceIndex: '00000000000000ff', seq: 12, id: 'bebebebebebebebe' }],
}

/** What is left of a pack. */
const replaced = encodeReplaced(
  { headerBytes: encodeHeader({ ...header, kind: 4 }), sig: new Uint8Array(64).fill(3) },
  { ctHash: new Uint8Array(32).fill(4), by: parts.prev },
)

function hex(name: string): Bytes {
  return parseHex(golden[name] ?? '') ?? new Uint8Array(0)
}

test('[SY1] header, context, inner and the whole envelope have their golden bytes', async () => {
  const key = await suite.signingKeyFromSeed(new Uint8Array(32).fill(1))
  const keys = makeEnvelopeKeys(suite, { epochKey: async () => Promise.resolve(new Uint8Array(32).fill(2)) })
  const aead = await keys.keyOf({ topic: parts.topic, epoch: parts.epoch, kind: 2, device: parts.device })
  if (!aead) throw new Error('no key')
  const { id, bytes } = await sealEnvelope({
    suite,
    random: { bytes: (length) => new Uint8Array(length).fill(7) },
    signer: { device: parts.device, sign: async (domain, message) => suite.sign(key, domain, message) },
    scope: parts.scope,
    topic: parts.topic,
    head: { pos: 5, id: parts.head },
    epoch: { gen: 3, id: parts.epoch },
    prev: parts.prev,
    kind: 2,
    seq: 2,
    lamport: header.lamport,
    key: aead,
    inner: encodeInner(inner),
  })
  expect({
    device: toHex(key.publicKey),
    header: toHex(encodeHeader(header)),
    context: toHex(envelopeContext(parts)),
    inner: toHex(encodeInner(inner)),
    ephemeral: toHex(encodeEphemeralInner(ephemeral)),
    beacon: toHex(encodeBeacon(beacon)),
    id,
    envelope: toHex(bytes),
    replaced: toHex(replaced),
  }).toEqual(golden)
})

test('[SY1] the golden envelope is read back and opens to its inner part', async () => {
  const decoded = decodeEnvelope(hex('envelope'))
  if (!decoded.ok) throw new Error(decoded.reason)
  const { headerBytes, ct, sig } = decoded.value
  expect(decoded.value.header).toEqual(header)
  expect(toHex(concatBytes(headerBytes, ct, sig))).toBe(golden['envelope'])
  const keys = makeEnvelopeKeys(suite, { epochKey: async () => Promise.resolve(new Uint8Array(32).fill(2)) })
  const aead = await keys.keyOf({ topic: parts.topic, epoch: parts.epoch, kind: 2, device: parts.device })
  const opened = aead && (await openSeal(suite, aead, { nonce: header.nonce, context: envelopeContext(parts), headerBytes, ct }))
  expect(opened && decodeInner(2, opened)).toEqual(inner)
})

test('[SY125] what is left of a pack is read back, of no other kind, and with nothing behind it', () => {
  const decoded = decodeEnvelope(hex('replaced'))
  if (!decoded.ok || !decoded.value.replaced) throw new Error('no pack')
  expect(decoded.value).toMatchObject({ header: { ...header, kind: 4 }, erased: null, ct: new Uint8Array(0) })
  expect(toHex(encodeReplaced(decoded.value, decoded.value.replaced))).toBe(golden['replaced'])
  expect(decodeEnvelope(hex('replaced').subarray(0, -1))).toEqual({ ok: false, reason: 'bad-envelope' })
  expect(decodeEnvelope(concatBytes(hex('replaced'), new Uint8Array(1)))).toEqual({ ok: false, reason: 'bad-envelope' })
  for (const kind of [5, 6, 7]) expect(decodeEnvelope(hex('replaced').with(2, kind)).ok).toBe(false)
})

test('[SY3] the id covers every part of the context, the header and the content', async () => {
  const ids = new Set<string>()
  const add = async (context: Bytes, head: Bytes = hex('header'), ct: Bytes = hex('inner')): Promise<void> => {
    ids.add(await envelopeId(suite, context, head, ct))
  }
  const other = 'ff'.repeat(32)
  await add(envelopeContext(parts))
  for (const name of Object.keys(parts)) await add(envelopeContext({ ...parts, [name]: other }))
  await add(envelopeContext({ ...parts, prev: null }))
  await add(envelopeContext(parts), encodeHeader({ ...header, lamport: 1 }))
  await add(envelopeContext(parts), hex('header'), hex('header'))
  expect(ids.size).toBe(10)
})

test('[SY5] the inner part is padded to a Padmé length and read in one way only', () => {
  const padded = encodeInner(inner)
  expect(padmeLength(padded.length)).toBe(padded.length)
  expect(decodeInner(2, padded)).toEqual(inner)
  expect(decodeInner(2, concatBytes(padded, new Uint8Array(64)))).toBeNull()
  expect(decodeInner(2, padded.subarray(0, -1))).toBeNull()
  expect(decodeInner(2, new Uint8Array(padded.length))).toBeNull()
  expect(decodeInner(2, new Uint8Array(0))).toBeNull()
  const otherMark = encodeInner(inner)
  otherMark[otherMark.lastIndexOf(0x80)] = 0x81
  expect(decodeInner(2, otherMark)).toBeNull()
})

test('[SY5] more deps than a topic has devices are refused', () => {
  const deps = Array.from({ length: 4097 }, (_, index) => ({ deviceIndex: index.toString(16).padStart(16, '0'), seq: 1 }))
  const updates = [Uint8Array.of(1)]
  expect(decodeInner(1, encodeInner({ deps: deps.slice(1), n: 1, updates }))?.deps).toHaveLength(4096)
  expect(decodeInner(1, encodeInner({ deps, n: 1, updates }))).toBeNull()
})

test('[SY3] each topic, epoch, kind and device has a key of its own, also when keys are kept', async () => {
  const keys = makeEnvelopeKeys(suite, { epochKey: async () => Promise.resolve(new Uint8Array(32).fill(5)) })
  const place = { topic: parts.topic, epoch: parts.epoch, kind: 1, device: parts.device }
  const others = [
    { topic: '02'.repeat(32) as TopicId },
    { epoch: 'e1'.repeat(32) as EpochId },
    { kind: 2 },
    { device: 'd1'.repeat(32) as DeviceId },
  ]
  const [nonce, aad] = [new Uint8Array(12), new Uint8Array(0)]
  const sealed = await suite.seal((await keys.keyOf(place))!, nonce, aad, encodeUtf8('x'))
  expect(await suite.open((await keys.keyOf(place))!, nonce, aad, sealed)).toEqual(encodeUtf8('x'))
  for (const other of others) expect(await suite.open((await keys.keyOf({ ...place, ...other }))!, nonce, aad, sealed)).toBeNull()
})

test('[SY5] deps are in order of device, each once, and a batch is never of one', () => {
  const [first, second] = inner.deps
  if (!first || !second) throw new Error('no deps')
  expect(decodeInner(2, encodeInner({ ...inner, deps: [second, first] }))).toBeNull()
  expect(decodeInner(2, encodeInner({ ...inner, deps: [first, first] }))).toBeNull()
  expect(decodeInner(2, encodeInner({ ...inner, deps: [{ ...first, seq: 0 }] }))).toBeNull()
  const batchOfOne = encodeInner({ deps: [], n: 1, updates: [Uint8Array.of(0, 1, 0, 0, 0, 1, 42)] })
  expect(decodeInner(1, batchOfOne)).not.toBeNull()
  expect(decodeInner(2, batchOfOne)).toBeNull()
})

test('[SY5] ephemeral inner parts are read back', () => {
  expect(decodeEphemeralInner(hex('ephemeral'))).toEqual(ephemeral)
  expect(decodeEphemeralInner(hex('ephemeral').subarray(1))).toBeNull()
})

test('[SY5] beacons are read back, in one way only, within their bounds', () => {
  expect(decodeBeacon(hex('beacon'))).toEqual(beacon)
  expect(decodeBeacon(encodeBeacon({ ...beacon, isLeaving: false, heard: [], ends: [] }))).toMatchObject({ isLeaving: false, heard: [] })
  const bent = hex('beacon')
  bent[0] = 2
  expect(decodeBeacon(bent)).toBeNull()
  expect(decodeBeacon(hex('beacon').subarray(1))).toBeNull()
  const [name = ''] = beacon.heard
  const [end] = beacon.ends
  if (!end) throw new Error('no end')
  const heard = (count: number): Bytes => encodeBeacon({ ...beacon, heard: Array.from({ length: count }, () => name) })
  const ends = (count: number): Bytes => encodeBeacon({ ...beacon, ends: Array.from({ length: count }, () => end) })
  expect([heard(maxBeaconsHeard), ends(maxBeaconEnds)].map(decodeBeacon)).not.toContain(null)
  expect([heard(maxBeaconsHeard + 1), ends(maxBeaconEnds + 1)].map(decodeBeacon)).toEqual([null, null])
})

test('[SY5] the largest update fits an envelope beside the most deps', () => {
  const deps = Array.from({ length: 4096 }, (_, index) => ({ deviceIndex: index.toString(16).padStart(16, '0'), seq: 1 }))
  const padded = encodeInner({ deps, n: 0, updates: [new Uint8Array(maxUpdateSizeBytes)] })
  expect(53 + padded.length + 16 + 64).toBeLessThanOrEqual(maxEnvelopeSizeBytes)
})

test('[SY7] no bytes make the envelope and inner decoders throw', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(52), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
      const copy = hex('envelope')
      copy[at] = value
      return copy
    }),
  )
  fc.assert(
    fc.property(bytes, (each) => {
      const decoded = decodeEnvelope(each)
      if (decoded.ok) expect(toHex(encodeHeader(decoded.value.header))).toBe(toHex(decoded.value.headerBytes))
      const opened = decodeInner(2, each)
      if (opened) expect(toHex(encodeInner(opened))).toBe(toHex(each))
      decodeInner(1, each)
      decodeEphemeralInner(each)
      const says = decodeBeacon(each)
      if (says) expect(toHex(encodeBeacon(says))).toBe(toHex(each))
    }),
    { numRuns: 2000, seed: 5 },
  )
})
