/** Rewrites an answer in bulk: lengths and frames, as docs/PROTOCOL.md has them. */
import { copyBytes } from '@poruch/base'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'

const lengthBytes = 4

/** @yields the bytes of an answer; what is no frame passes as it is */
export async function* rewriteStream(source: AsyncIterable<Buffer>, change: (frame: Frame) => readonly Frame[]): AsyncGenerator<Buffer> {
  let left = Buffer.alloc(0)
  for await (const chunk of source) {
    left = Buffer.concat([left, chunk])
    while (left.length >= lengthBytes && left.length >= lengthBytes + left.readUInt32BE(0)) {
      const end = lengthBytes + left.readUInt32BE(0)
      const decoded = decodeFrame(copyBytes(left.subarray(lengthBytes, end)))
      if (!decoded.ok) yield left.subarray(0, end)
      else for (const frame of change(decoded.value)) yield withLength(encodeFrame(frame))
      left = left.subarray(end)
    }
  }
  yield left
}

function withLength(frame: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(frame.length)
  return Buffer.concat([length, frame])
}
