/** The table of docs/PROTOCOL.md, "Frames", as data. */
import {
  maxCodeSizeBytes,
  maxCompactSizeBytes,
  maxDetailSizeBytes,
  maxEnvelopeSizeBytes,
  maxFrameSizeBytes,
  maxPlaces,
  maxTopicsInFrame,
} from '../limits.ts'
import { bytes32, choice, hex, id, list16, struct, text16, u32 } from './fields.ts'
import type { RecordOf } from './fields.ts'

const topic = id<'topic'>()
const scope = id<'scope'>()
const device = id<'device'>()
const envelope = bytes32(maxEnvelopeSizeBytes)
/** A pack or snapshot. */
const compact = bytes32(maxCompactSizeBytes)
const record = bytes32(maxFrameSizeBytes)
const ref = u32
const keyKind = choice(1, 2)

/** How far a topic was read: `idPrefix` is the first 4 bytes of the envelope at `relaySeq`, zeros at 0. */
export const topicCursor = struct({ topic, relaySeq: u32, idPrefix: hex(4) })
export const topicCursors = list16(topicCursor, maxTopicsInFrame)
const head = struct({ device, seq: u32 })

export const layouts = {
  SUB: { code: 1, fields: { topics: topicCursors } },
  HEAD: { code: 2, fields: { topic, relaySeq: u32 } },
  RESET: { code: 3, fields: { topic } },
  APPEND: { code: 4, fields: { ref, topic, envelope } },
  ACK: { code: 5, fields: { ref, relaySeq: u32 } },
  REFUSE: { code: 6, fields: { ref, code: text16(maxCodeSizeBytes), detail: text16(maxDetailSizeBytes) } },
  ENTRY: { code: 7, fields: { topic, relaySeq: u32, envelope } },
  EPH: { code: 8, fields: { topic, envelope } },
  /** `prev`: the one that it follows, zeros for none. */
  COMPACT: { code: 9, fields: { ref, topic, prev: hex(32), envelope: compact } },
  /** relaySeq: up to where of the relay's order it and those before it stand for rows that are gone; 0 for none, and between peers. */
  PACK: { code: 10, fields: { topic, relaySeq: u32, prev: hex(32), envelope: compact } },
  /** Asks for the packs after this one, zeros for all. */
  PACKWANT: { code: 11, fields: { topic, after: hex(32) } },
  /** An envelope at which a chain begins again where packs stand for those before it; `prev`: the one before it. */
  BASE: { code: 12, fields: { ref, topic, prev: hex(32), envelope } },
  LOGSUB: { code: 16, fields: { scope, nextPos: u32, keyCursor: u32 } },
  ORDERED: { code: 17, fields: { scope, records: list16(record) } },
  PROPOSE: { code: 18, fields: { ref, records: list16(record) } },
  MOVED: { code: 19, fields: { ref, scope, pos: u32, id: id<'entry'>() } },
  KEY: { code: 20, fields: { keyCursor: u32, kind: keyKind, record } },
  KEYWANT: { code: 21, fields: { scope, epoch: id<'epoch'>() } },
  KEYOK: { code: 22, fields: { ref } },
  PUTKEY: { code: 23, fields: { ref, kind: keyKind, record } },
  MEMBEROF: { code: 24, fields: { ref } },
  SCOPES: { code: 25, fields: { ref, scopes: list16(struct({ scope, nextPos: u32 })) } },
  SEEDLOG: { code: 26, fields: { ref, scope, firstPos: u32, isLast: choice(0, 1), records: list16(record) } },
  SEEDED: { code: 27, fields: { ref, scope, nextPos: u32 } },
  /** Asks for the next piece of what a newcomer begins with, in place of a long log. */
  STARTWANT: { code: 28, fields: { ref, scope, offset: u32 } },
  /** One piece; `pos`: of the Checkpoint, so that pieces of two are not put together; `size`: of all pieces. */
  START: { code: 29, fields: { ref, scope, pos: u32, size: u32, offset: u32, piece: bytes32(maxCompactSizeBytes) } },
  JOIN: { code: 32, fields: { ref, request: record } },
  /** state: 1 waiting, 2 admitted, 3 denied. */
  JOINSTATE: { code: 33, fields: { ref, invitation: id<'invitation'>(), user: id<'user'>(), state: choice(1, 2, 3) } },
  JOINREQ: { code: 34, fields: { request: record } },
  JOINDENY: { code: 35, fields: { ref, invitation: id<'invitation'>(), user: id<'user'>() } },
  ROOT: { code: 48, fields: { root: hex(32), topicCount: u32 } },
  DIGESTS: { code: 49, fields: { digests: list16(struct({ topic, digest: hex(8) }), maxTopicsInFrame) } },
  VECTOR: { code: 50, fields: { topic, heads: list16(head) } },
  GAP: { code: 51, fields: { topic, device, have: u32 } },
  LOGHEAD: { code: 52, fields: { scope, nextPos: u32 } },
  CTX: { code: 53, fields: { topic, prev: hex(32), head: id<'entry'>(), epoch: id<'epoch'>(), envelope } },
  CTXWANT: { code: 54, fields: { topic, device, seq: u32 } },
  PLACES: { code: 56, fields: { topic, device, places: list16(struct({ seq: u32, id: id<'envelope'>() }), maxPlaces) } },
  LOGAT: { code: 57, fields: { scope, pos: u32, id: id<'entry'>() } },
} as const

type Layouts = typeof layouts
export type FrameType = keyof Layouts
/** A frame by its type's name. */
export type FrameOf<Type extends FrameType> = Type extends FrameType ? { readonly type: Type } & RecordOf<Layouts[Type]['fields']> : never
/** Any frame. */
export type Frame = { [Type in FrameType]: FrameOf<Type> }[FrameType]
export type TopicCursor = RecordOf<{ topic: typeof topic; relaySeq: typeof u32; idPrefix: ReturnType<typeof hex> }>
