/** Frames where only text travels: base64, and spaces between several frames of one message. */
import { parseBase64 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { maxFrameSizeBytes } from '../limits.ts'

/** The longest message of text, in characters: one frame of the largest size. */
const maxFrameText = 4 * Math.ceil(maxFrameSizeBytes / 3)

/** The frames of a message, in order; null if it is longer than any frame, or anything in it is no frame in canonical base64. */
export function parseFrameText(text: string): readonly Bytes[] | null {
  if (text.length > maxFrameText) return null
  const frames: Bytes[] = []
  for (const part of text.split(' ')) {
    const frame = parseBase64(part)
    if (!frame || frame.length === 0) return null
    frames.push(frame)
  }
  return frames
}
