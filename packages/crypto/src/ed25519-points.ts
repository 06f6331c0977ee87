/** Refuses the encodings of Ed25519 points that platforms disagree about, so that every peer judges alike. */

/** 2^255 − 19, the field's prime. */
const prime = 2n ** 255n - 19n

const orderEightY = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

/** The y coordinates of the eight points whose order divides 8. */
const smallOrderY: ReadonlySet<bigint> = new Set([0n, 1n, prime - 1n, orderEightY, prime - orderEightY])

/**
 * True unless the 32 bytes are a non-canonical encoding (y ≥ p, or the sign of a zero x) or a point of small order.
 * It does not say that they are a point at all: the platform does. RFC 8032 §5.1.3 asks for the first; without the second,
 * one signature fits many messages. A zero x with a sign is of small order, so both fall to the same test.
 */
export function isStrictPoint(encoded: Uint8Array): boolean {
  const y = littleEndian(encoded) & (2n ** 255n - 1n)
  return y < prime && !smallOrderY.has(y)
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index--) value = value * 256n + BigInt(bytes[index] ?? 0)
  return value
}
