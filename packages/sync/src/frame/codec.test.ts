/** Frames against their golden bytes, and against bytes that nobody wrote. */
import { readFileSync } from 'node:fs'
import { makeByteWriter, parseHex, toHex } from '@poruch/base'
import type { DeviceId, EntryId, EnvelopeId, EpochId, InvitationId, ScopeId, TopicId, UserId } from '@poruch/base'
import { decodeFrame, decodeSyncRequest, encodeFrame, encodeSyncRequest, maxFrameSizeBytes } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const topic = '01'.repeat(32) as TopicId
const scope = '02'.repeat(32) as ScopeId
const device = '03'.repeat(32) as DeviceId
const user = '04'.repeat(32) as UserId
const invitation = '05'.repeat(32) as InvitationId
const envelope = Uint8Array.of(0xe1, 0xe2, 0xe3)
const record = Uint8Array.of(0xa1, 0xa2)

const frames: readonly Frame[] = [
  { type: 'SUB', topics: [{ topic, relaySeq: 7, idPrefix: 'deadbeef' }] },
  { type: 'HEAD', topic, relaySeq: 258 },
  { type: 'RESET', topic },
  { type: 'APPEND', ref: 9, topic, envelope },
  { type: 'ACK', ref: 9, relaySeq: 8 },
  { type: 'REFUSE', ref: 9, code: 'no-right', detail: 'ї' },
  { type: 'ENTRY', topic, relaySeq: 8, envelope },
  { type: 'EPH', topic, envelope },
  { type: 'COMPACT', ref: 9, topic, prev: '0a'.repeat(32), envelope },
  { type: 'PACK', topic, relaySeq: 8, prev: '00'.repeat(32), envelope },
  { type: 'PACKWANT', topic, after: '0a'.repeat(32) },
  { type: 'BASE', ref: 9, topic, prev: '0a'.repeat(32), envelope },
  { type: 'LOGSUB', scope, nextPos: 3, keyCursor: 4 },
  { type: 'ORDERED', scope, records: [record, record] },
  { type: 'PROPOSE', ref: 1, records: [record] },
  { type: 'MOVED', ref: 1, scope, pos: 5, id: '06'.repeat(32) as EntryId },
  { type: 'KEY', keyCursor: 4, kind: 1, record },
  { type: 'KEYWANT', scope, epoch: '07'.repeat(32) as EpochId },
  { type: 'KEYOK', ref: 2 },
  { type: 'PUTKEY', ref: 2, kind: 2, record },
  { type: 'MEMBEROF', ref: 2 },
  { type: 'SCOPES', ref: 2, scopes: [{ scope, nextPos: 3 }] },
  { type: 'SEEDLOG', ref: 2, scope, firstPos: 3, isLast: 1, records: [record] },
  { type: 'SEEDED', ref: 2, scope, nextPos: 4 },
  { type: 'STARTWANT', ref: 2, scope, offset: 7 },
  { type: 'START', ref: 2, scope, pos: 3, size: 9, offset: 7, piece: record },
  { type: 'JOIN', ref: 3, request: record },
  { type: 'JOINSTATE', ref: 3, invitation, user, state: 2 },
  { type: 'JOINREQ', request: record },
  { type: 'JOINDENY', ref: 4, invitation, user },
  { type: 'ROOT', root: '08'.repeat(32), topicCount: 1 },
  { type: 'DIGESTS', digests: [{ topic, digest: '0102030405060708' }] },
  { type: 'VECTOR', topic, heads: [{ device, seq: 6 }] },
  { type: 'GAP', topic, device, have: 5 },
  { type: 'LOGHEAD', scope, nextPos: 11 },
  { type: 'CTX', topic, prev: '09'.repeat(32), head: '06'.repeat(32) as EntryId, epoch: '07'.repeat(32) as EpochId, envelope },
  { type: 'CTXWANT', topic, device, seq: 6 },
  { type: 'PLACES', topic, device, places: [{ seq: 6, id: '0a'.repeat(32) as EnvelopeId }] },
  { type: 'LOGAT', scope, pos: 10, id: '06'.repeat(32) as EntryId },
]

const golden = JSON.parse(readFileSync(new URL('../../golden/frames.json', import.meta.url), 'utf8')) as Record<string, string>

function bytesOf(frame: Frame): Uint8Array {
  return parseHex(golden[frame.type] ?? '') ?? new Uint8Array(0)
}

test('[SY6] every frame has its golden bytes', () => {
  expect(Object.fromEntries(frames.map((frame) => [frame.type, toHex(encodeFrame(frame))]))).toEqual(golden)
})

test('[SY6] golden bytes are read back as the frames they are', () => {
  expect(frames.map((frame) => decodeFrame(bytesOf(frame)))).toEqual(frames.map((value) => ({ ok: true, value })))
})

test.each(frames.map((frame) => [frame.type, frame] as const))(
  '[SY6] %s is refused when cut short or followed by anything',
  (_type, frame) => {
    const bytes = bytesOf(frame)
    for (let length = 1; length < bytes.length; length++)
      expect(decodeFrame(bytes.subarray(0, length))).toEqual({ ok: false, reason: 'bad-frame' })
    expect(decodeFrame(Uint8Array.of(...bytes, 0))).toEqual({ ok: false, reason: 'bad-frame' })
  },
)

test('[SY6] refuses unknown types, nothing at all, and more than a frame holds', () => {
  expect(decodeFrame(Uint8Array.of(15))).toEqual({ ok: false, reason: 'unknown-frame' })
  expect(decodeFrame(Uint8Array.of(255, 1))).toEqual({ ok: false, reason: 'unknown-frame' })
  expect(decodeFrame(new Uint8Array(0))).toEqual({ ok: false, reason: 'bad-frame' })
  expect(decodeFrame(new Uint8Array(maxFrameSizeBytes + 1))).toEqual({ ok: false, reason: 'too-large' })
})

test('[SY6] refuses fields over their bounds and choices that do not exist', () => {
  const tooManyTopics = makeByteWriter()
    .u8(1)
    .u16(4097)
    .raw(new Uint8Array(4097 * 40))
    .done()
  const longEnvelope = makeByteWriter()
    .u8(8)
    .raw(new Uint8Array(32))
    .bytes32(new Uint8Array(256 * 1024 + 1))
    .done()
  const longCode = makeByteWriter().u8(6).u32(1).bytes16(new Uint8Array(65)).bytes16(new Uint8Array(0)).done()
  const notText = makeByteWriter().u8(6).u32(1).bytes16(Uint8Array.of(0xff)).bytes16(new Uint8Array(0)).done()
  const thirdKind = makeByteWriter().u8(20).u32(1).u8(3).bytes32(record).done()
  for (const bytes of [tooManyTopics, longEnvelope, longCode, notText, thirdKind])
    expect(decodeFrame(bytes)).toEqual({ ok: false, reason: 'bad-frame' })
})

test('[SY6] writes nothing that it would not read', () => {
  expect(() => encodeFrame({ type: 'EPH', topic, envelope: new Uint8Array(256 * 1024 + 1) })).toThrow(RangeError)
  expect(() => encodeFrame({ type: 'REFUSE', ref: 0, code: 'x'.repeat(65), detail: '' })).toThrow(RangeError)
  expect(() => encodeFrame({ type: 'ROOT', root: 'ab', topicCount: 0 })).toThrow(RangeError)
  expect(() => encodeFrame({ type: 'ORDERED', scope, records: [new Uint8Array(2 ** 19), new Uint8Array(2 ** 19)] })).toThrow(RangeError)
})

test('[SY6] a request for many topics is read back, and nothing else is taken for one', () => {
  const cursors = [{ topic, relaySeq: 7, idPrefix: 'deadbeef' }]
  const bytes = encodeSyncRequest(cursors)
  expect(decodeSyncRequest(bytes)).toEqual(cursors)
  expect(decodeSyncRequest(bytes.subarray(1))).toBeNull()
  expect(decodeSyncRequest(Uint8Array.of(...bytes, 1))).toBeNull()
})

test('[SY7] no bytes make a decoder throw, and what it takes is written the same way again', () => {
  const mutated = fc
    .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
    .map(([frame, changes]) => {
      const bytes = new Uint8Array(bytesOf(frame))
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
      const frame = decodeFrame(bytes)
      if (frame.ok) expect(toHex(encodeFrame(frame.value))).toBe(toHex(bytes))
    }),
    { numRuns: 2000, seed: 7 },
  )
})
