/** A relay that lacks what only packs hold here. */
import { decodeEnvelope } from '@poruch/sync/wire'
import { makeSyncWorld, scriptRelay } from '@poruch/testkit/memory'
import type { ScriptedRelay } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'

const kinds = ({ sent }: ScriptedRelay): string[] =>
  sent.map(({ type }) => type).filter((type) => ['COMPACT', 'BASE', 'APPEND'].includes(type))

async function trimmed() {
  const world = makeSyncWorld()
  const alice = await world.join()
  await alice.sync.openTopic(world.topic)
  const say = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) await alice.say(`line ${index}`)
  }
  for (let packs = 0; packs < 2; packs++) {
    await say(4)
    const pack = await alice.sync.packTail(world.topic)
    if (!pack) throw new Error('no pack')
    await alice.sync.takePack(world.topic, pack)
    await alice.sync.trimBehind(world.topic, pack.id)
  }
  await say(2)
  const script = await scriptRelay(world, alice)
  const answered = new Set<number>()
  const answer = async (type: 'COMPACT' | 'BASE' | 'APPEND', code?: string): Promise<void> => {
    const frame = script.sent.find((each) => each.type === type && !answered.has(each.ref))
    if (!frame || !('ref' in frame)) throw new Error(`no ${type}`)
    answered.add(frame.ref)
    await script.answer(code ? { type: 'REFUSE', ref: frame.ref, code, detail: '' } : { type: 'ACK', ref: frame.ref, relaySeq: 0 })
  }
  return { world, alice, script, answer }
}

test('[SY87] is given the packs, then the envelope that goes on behind them, then the rest', async () => {
  const { alice, script, answer, world } = await trimmed()
  expect(kinds(script)).toEqual(['COMPACT'])
  await answer('COMPACT')
  await answer('COMPACT')
  expect(kinds(script)).toEqual(['COMPACT', 'COMPACT', 'BASE'])
  const base = script.sent.findLast((frame) => frame.type === 'BASE')
  const [before] = await alice.store.read(world.topic, alice.device, 8, 1)
  const form = base?.type === 'BASE' ? decodeEnvelope(base.envelope) : null
  expect(form?.ok && form.value.header.seq).toBe(8)
  expect(base).toMatchObject({ prev: before?.prev })
  await answer('BASE')
  expect(kinds(script).slice(3)).toEqual(['APPEND', 'APPEND'])
})

test('[SY87] is asked again after a while, and given nothing that follows, when it does not know the pack as confirmed', async () => {
  const { script, answer, world } = await trimmed()
  for (const type of ['COMPACT', 'COMPACT'] as const) await answer(type)
  await answer('BASE', 'no-pack')
  expect(kinds(script)).toHaveLength(3)
  await world.pass(6000)
  expect(kinds(script).slice(3)).toEqual(['BASE'])
  await answer('BASE')
  expect(kinds(script).slice(4)).toEqual(['APPEND', 'APPEND'])
})
