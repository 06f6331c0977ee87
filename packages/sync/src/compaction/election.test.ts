import type { DeviceId, EnvelopeId } from '@poruch/base'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'
import { expect, test } from 'vitest'
import { rankOf } from './election.ts'

const devices = ['a1', 'b2', 'c3', 'd4'].map((byte) => byte.repeat(32) as DeviceId)
const suite = keyedHashSuite(seededRandom(1))

async function ranksAt(seq: number): Promise<number[]> {
  const frontier = [{ device: devices[0] as DeviceId, seq, id: 'ee'.repeat(32) as EnvelopeId }]
  return Promise.all(devices.map(async (device) => rankOf(suite, { device, candidates: devices, frontier })))
}

test('[SY85] every candidate has a rank of its own, each at the same frontier the same, and another at other ones', async () => {
  const orders = new Set<string>()
  for (let seq = 1; seq <= 20; seq++) {
    const ranks = await ranksAt(seq)
    expect(ranks.toSorted()).toEqual([0, 1, 2, 3])
    expect(await ranksAt(seq)).toEqual(ranks)
    orders.add(ranks.join())
  }
  expect(orders.size).toBeGreaterThan(5)
})
