/** Identifiers and their bytes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, compareBytes, idFromBytes, idSizeBytes, idToBytes, parseId } from './index.ts'
import type { Id } from './index.ts'

const seed = 1
const thirtyTwo = fc.uint8Array({ minLength: idSizeBytes, maxLength: idSizeBytes })
const codeOfThrown = (run: () => unknown): string => {
  try {
    return String(run())
  } catch (thrown) {
    return codeOf(thrown)
  }
}

describe('an id', () => {
  test('[BA13] is 64 lower-case hexadecimal characters and gives its 32 bytes back', () => {
    fc.assert(
      fc.property(thirtyTwo, (bytes) => {
        const id = idFromBytes<'user'>(bytes)
        expect(id).toMatch(/^[0-9a-f]{64}$/u)
        expect(idToBytes(id)).toEqual(bytes)
        expect(parseId<'user'>(id)).toBe(id)
      }),
      { seed },
    )
  })

  test('[BA3] orders as its bytes do', () => {
    fc.assert(
      fc.property(thirtyTwo, thirtyTwo, (a, b) => {
        expect(idFromBytes(a) < idFromBytes(b)).toBe(compareBytes(a, b) < 0)
      }),
      { seed },
    )
  })

  test.each([0, 31, 33, 64])('[BA14] is not made of %d bytes', (length) => {
    expect(codeOfThrown(() => idFromBytes(new Uint8Array(length)))).toBe('bad-id')
  })

  test.each(['', 'ab', 'A'.repeat(64), 'g'.repeat(64), ` ${'a'.repeat(63)}`, `${'a'.repeat(64)}\n`, 'a'.repeat(65)])(
    '[BA14] is not foreign text like %j',
    (text) => {
      expect(parseId(text)).toBeNull()
      expect(codeOfThrown(() => idToBytes(text as Id<'user'>))).toBe('bad-id')
    },
  )

  test.each([[null], [undefined], [7], [{}], [['a'.repeat(64)]]])('[BA14] is not a foreign value like %j', (value) => {
    expect(parseId(value)).toBeNull()
  })
})
