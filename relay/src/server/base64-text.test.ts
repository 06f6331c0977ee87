import { parseBase64, toBase64 } from '@poruch/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOfText, textOfBytes } from './base64-text.ts'

test('[RE174] frames are the same base64 as everywhere, and nothing else is read', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => new Uint8Array(value))
  fc.assert(
    fc.property(bytes, (value) => {
      expect(textOfBytes(value)).toBe(toBase64(value))
      expect(bytesOfText(toBase64(value))).toEqual(value)
    }),
    { seed: 1 },
  )
  const likely = fc.string({ unit: fc.constantFrom('A', 'Q', 'g', '+', '/', '-', '_', '=', ' ', '\n', 'z', 'ё'), maxLength: 9 })
  fc.assert(
    fc.property(likely, (text) => {
      expect(bytesOfText(text)).toEqual(parseBase64(text))
    }),
    { seed: 2, numRuns: 3000 },
  )
})
