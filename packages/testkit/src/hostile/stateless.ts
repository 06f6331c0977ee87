/** Frames within Hocuspocus messages, read and written as they are on the wire: the proxy stands between two whole programs. */
import { toBase64 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { parseFrameText } from '@poruch/sync/wire'

/** Hocuspocus 4: the number of a stateless message. */
const statelessType = 5

export interface Stateless {
  readonly document: string
  /** Null where the payload is no frames in base64. */
  readonly frames: readonly Bytes[] | null
}

/** Null for messages of other types, which carry none of our frames. */
export function readStateless(message: Uint8Array): Stateless | null {
  const reader = { bytes: message, at: 0 }
  const document = readText(reader)
  const type = document === null ? null : readNumber(reader)
  const payload = type === statelessType ? readText(reader) : null
  return document === null || payload === null ? null : { document, frames: parseFrameText(payload) }
}

export function writeStateless(document: string, payload: Bytes | string): Buffer {
  const text = typeof payload === 'string' ? payload : toBase64(payload)
  return Buffer.concat([writeText(document), writeNumber(statelessType), writeText(text)])
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

/** lib0's varUint: seven bits a byte, the lowest first. */
function readNumber(reader: Reader): number | null {
  for (let value = 0, factor = 1; factor < 2 ** 35; factor *= 128) {
    const byte = reader.bytes[reader.at++]
    if (byte === undefined) return null
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
  }
  return null
}

function readText(reader: Reader): string | null {
  const length = readNumber(reader)
  if (length === null || reader.at + length > reader.bytes.length) return null
  const from = reader.at
  reader.at += length
  return Buffer.from(reader.bytes.subarray(from, reader.at)).toString('utf8')
}

function writeNumber(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) + 0x80)
  return Buffer.from([...bytes, left])
}

function writeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([writeNumber(bytes.length), bytes])
}
