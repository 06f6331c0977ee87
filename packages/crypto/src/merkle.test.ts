/** Merkle roots against published vectors and the definition's own words. */
import { concatBytes, emptyBytes, parseHex, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { merkleRoot, verifySuite } from './index.ts'

const suite = verifySuite()

// The reference tree of Certificate Transparency (its implementations' shared test data): leaves, and the root of the first n.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** RFC 9162 §2.1.1 word by word: split at the largest power of two below n. */
async function byDefinition(data: readonly Bytes[]): Promise<Bytes> {
  const [first] = data
  if (!first) return suite.sha256(emptyBytes)
  if (data.length === 1) return suite.sha256(concatBytes(Uint8Array.of(0), first))
  let split = 1
  while (2 * split < data.length) split *= 2
  const [left, right] = [await byDefinition(data.slice(0, split)), await byDefinition(data.slice(split))]
  return suite.sha256(concatBytes(Uint8Array.of(1), left, right))
}

describe('merkleRoot', () => {
  test.each(roots.map((root, count) => [count, root] as const))('[CR19] of %i leaves is the published one', async (count, root) => {
    const data = leaves.slice(0, count).map((leaf) => parseHex(leaf) ?? emptyBytes)
    expect(toHex(await merkleRoot(suite, data))).toBe(root)
  })

  test('[CR19] is what the definition says for any number of leaves', async () => {
    const leaf = fc.uint8Array({ maxLength: 4 }).map((value) => new Uint8Array(value))
    await fc.assert(
      fc.asyncProperty(fc.array(leaf, { maxLength: 40 }), async (data) => {
        expect(toHex(await merkleRoot(suite, data))).toBe(toHex(await byDefinition(data)))
      }),
      { numRuns: 25, seed: 8 },
    )
  })
})
