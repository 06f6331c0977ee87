import { expect, test } from 'vitest'
import { makeFrameBundle } from './frame-bundle.ts'

const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('[RE190] frames of one turn leave together, in order, and those of the next by themselves', async () => {
  const sent: string[] = []
  const bundle = makeFrameBundle((text) => sent.push(text))
  for (const text of ['YQ==', 'Yg==', 'Yw==']) bundle.add(text)
  expect(sent).toEqual([])
  expect(bundle.waiting).toBe(15)
  await turn()
  expect(sent).toEqual(['YQ== Yg== Yw=='])
  expect(bundle.waiting).toBe(0)
  bundle.add('ZA==')
  bundle.flush()
  await turn()
  expect(sent).toEqual(['YQ== Yg== Yw==', 'ZA=='])
})

test('[RE190] a message of several is at most 256 KiB long; a longer frame goes alone', async () => {
  const sent: string[] = []
  const bundle = makeFrameBundle((text) => sent.push(text))
  const sizes = [100_000, 100_000, 100_000, 1_000_000, 4]
  for (const size of sizes) bundle.add('A'.repeat(size))
  await turn()
  expect(sent.map((text) => text.split(' ').map(({ length }) => length))).toEqual([[100_000, 100_000], [100_000], [1_000_000], [4]])
})
