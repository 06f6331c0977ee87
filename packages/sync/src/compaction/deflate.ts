/** Deflate (RFC 1951), the one place that knows which library does it; inflating is bounded before it begins. */
import type { Bytes } from '@poruch/base'
import { deflateSync, Inflate } from 'fflate'

const level = 9
/** RFC 1951: 258 bytes out of two bits. */
const maxGrowth = 1032
/** So much input at a time adds at most 4 MiB before the bound is looked at. */
const inputStepBytes = 4096

/** The shortest writing that the library finds. Two versions of it may differ, so nothing is ever compared with it. */
export function deflate(bytes: Uint8Array): Bytes {
  return new Uint8Array(deflateSync(bytes, { level }))
}

/** Exactly `sizeBytes` bytes, or null: for what is no deflate stream, a longer or a shorter one. Costs O(sizeBytes), whatever is given. */
export function inflate(deflated: Uint8Array, sizeBytes: number): Bytes | null {
  if (sizeBytes > maxGrowth * deflated.length) return null
  const out = new Uint8Array(sizeBytes)
  let size = 0
  let isWhole = false
  const stream = new Inflate((chunk, isFinal) => {
    if (size + chunk.length <= sizeBytes) out.set(chunk, size)
    size += chunk.length
    isWhole = isFinal
  })
  try {
    for (let from = 0; from < deflated.length && size <= sizeBytes; from += inputStepBytes) {
      stream.push(deflated.subarray(from, from + inputStepBytes), from + inputStepBytes >= deflated.length)
    }
  } catch {
    // The library throws errors of its own for what is no stream; which of them is nobody's matter.
    return null
  }
  return isWhole && size === sizeBytes ? out : null
}
