/** Recovery words against the published vectors of BIP-39, and typed as people type. */
import { emptyBytes, parseHex, toHex } from '@poruch/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entropyFromWords, wordsFromEntropy } from './index.ts'

// BIP-39, "Test vectors": those of 32 bytes, English.
const published: readonly (readonly [string, string])[] = [
  [
    '0000000000000000000000000000000000000000000000000000000000000000',
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art',
  ],
  [
    '7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f',
    'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title',
  ],
  [
    '8080808080808080808080808080808080808080808080808080808080808080',
    'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless',
  ],
  [
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote',
  ],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
  ],
  [
    '066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad',
    'all hour make first leader extend hole alien behind guard gospel lava path output census museum junior mass reopen famous sing advance salt reform',
  ],
  [
    'f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f',
    'void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold',
  ],
]

describe('recovery words', () => {
  test.each(published)('[CR16] are those of BIP-39 for %s', async (entropy, words) => {
    expect((await wordsFromEntropy(parseHex(entropy) ?? emptyBytes)).join(' ')).toBe(words)
    expect(toHex((await entropyFromWords(words)) ?? emptyBytes)).toBe(entropy)
  })

  test('[CR16] come back as the same 32 bytes, as a list or as text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (entropy) => {
        const words = await wordsFromEntropy(entropy)
        expect(words).toHaveLength(24)
        expect(toHex((await entropyFromWords(words)) ?? emptyBytes)).toBe(toHex(entropy))
        expect(toHex((await entropyFromWords(words.join(' '))) ?? emptyBytes)).toBe(toHex(entropy))
      }),
      { numRuns: 50, seed: 6 },
    )
  })

  test('[CR16] are made of 32 bytes only', async () => {
    await expect(wordsFromEntropy(new Uint8Array(16))).rejects.toThrow(expect.objectContaining({ code: 'bad-size' }))
  })

  test('[CR17] may be typed in any case, spacing and width', async () => {
    const [entropy = '', words = ''] = published[4] ?? []
    const typed = `\n\t ${words.toUpperCase().replaceAll(' ', ' \u00A0 \r\n')}  `
    expect(toHex((await entropyFromWords(typed)) ?? emptyBytes)).toBe(entropy)
  })

  test('[CR17] are refused with a wrong word, a wrong checksum, a wrong number, or far too much text', async () => {
    const [, words = ''] = published[4] ?? []
    const list = words.split(' ')
    await expect(entropyFromWords([...list.slice(0, 23), 'poruch'])).resolves.toBeNull()
    await expect(entropyFromWords([...list.slice(0, 23), 'abandon'])).resolves.toBeNull()
    await expect(entropyFromWords(list.slice(0, 12))).resolves.toBeNull()
    await expect(entropyFromWords([...list, 'abandon'])).resolves.toBeNull()
    // Valid BIP-39, but of 16 bytes.
    await expect(
      entropyFromWords('abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'),
    ).resolves.toBeNull()
    await expect(entropyFromWords('')).resolves.toBeNull()
    await expect(entropyFromWords(`${words}${' '.repeat(10_000)}`)).resolves.toBeNull()
  })
})
