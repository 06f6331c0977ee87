/** Padmé (PURBs, PoPETs 2019, §4): lengths that tell little of what they hold, for at most 12 % more bytes. */
import { CryptoError } from './errors.ts'

/** The padded length in bytes of `length` bytes, at least as many. @throws CryptoError `bad-size` unless it is an integer from 0 below 2^48. */
export function padmeLength(length: number): number {
  if (!Number.isInteger(length) || length < 0 || length >= 2 ** 48) throw new CryptoError('bad-size', `a length of ${length}`)
  if (length < 2) return length
  const exponent = floorLog2(length)
  const step = 2 ** (exponent - floorLog2(exponent) - 1)
  return Math.ceil(length / step) * step
}

/** Exact for every safe integer, unlike `Math.log2`. */
function floorLog2(value: number): number {
  let exponent = 0
  for (let rest = value; rest >= 2; rest = Math.floor(rest / 2)) exponent++
  return exponent
}
