/** Turns a decoder that throws into one that answers null, for judging foreign bytes. */
import { IdentityError } from './errors.ts'

/** What `decode` reads from the bytes, or null where they are not what it reads. Anything but an IdentityError is thrown on. */
export function parsed<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | null {
  try {
    return decode(bytes)
  } catch (thrown) {
    if (thrown instanceof IdentityError) return null
    throw thrown
  }
}
