/** Frames to bytes and back. */
import { BaseError, makeByteReader, makeByteWriter } from '@poruch/base'
import type { Bytes, Judged } from '@poruch/base'
import { maxFrameSizeBytes } from '../limits.ts'
import { FieldFault, struct } from './fields.ts'
import type { Field } from './fields.ts'
import { layouts, topicCursors } from './layouts.ts'
import type { Frame, FrameType, TopicCursor } from './layouts.ts'

interface Codec {
  readonly type: FrameType
  readonly code: number
  readonly payload: Field<unknown>
}

const codecs: readonly Codec[] = Object.entries(layouts).map(([type, layout]) => ({
  type: type as FrameType,
  code: layout.code,
  payload: struct(layout.fields),
}))
const byType = new Map(codecs.map((codec) => [codec.type, codec]))
const byCode = new Map(codecs.map((codec) => [codec.code, codec]))

/** @throws RangeError when a field does not fit, or the whole is over 1 MiB: the caller's error. */
export function encodeFrame(frame: Frame): Bytes {
  const codec = byType.get(frame.type)
  if (!codec) throw new RangeError('no such frame')
  const writer = makeByteWriter().u8(codec.code)
  codec.payload.write(writer, frame)
  const bytes = writer.done()
  if (bytes.length > maxFrameSizeBytes) throw new RangeError(`a frame of ${bytes.length} bytes`)
  return bytes
}

/** One whole frame from outside. `unknown-frame` is answered with REFUSE and otherwise ignored. */
export function decodeFrame(bytes: Uint8Array): Judged<Frame, 'unknown-frame' | 'bad-frame' | 'too-large'> {
  if (bytes.length > maxFrameSizeBytes) return { ok: false, reason: 'too-large' }
  const code = bytes[0]
  if (code === undefined) return { ok: false, reason: 'bad-frame' }
  const codec = byCode.get(code)
  if (!codec) return { ok: false, reason: 'unknown-frame' }
  const payload = readWhole(bytes.subarray(1), codec.payload)
  return payload === null ? { ok: false, reason: 'bad-frame' } : { ok: true, value: { type: codec.type, ...(payload as object) } as Frame }
}

/** The body of `POST /api/sync`. @throws RangeError for over 4,096 topics. */
export function encodeSyncRequest(cursors: readonly TopicCursor[]): Bytes {
  const writer = makeByteWriter()
  topicCursors.write(writer, cursors)
  return writer.done()
}

/** Null when it is not one. */
export function decodeSyncRequest(bytes: Uint8Array): readonly TopicCursor[] | null {
  return readWhole(bytes, topicCursors)
}

function readWhole<T>(bytes: Uint8Array, field: Field<T>): T | null {
  try {
    const reader = makeByteReader(bytes)
    const value = field.read(reader)
    reader.end()
    return value
  } catch (thrown) {
    if (thrown instanceof BaseError || thrown instanceof FieldFault) return null
    throw thrown
  }
}
