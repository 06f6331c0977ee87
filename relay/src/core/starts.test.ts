import { concatBytes } from '@poruch/base'
import type { EnvelopeId } from '@poruch/base'
import { draftCheckpoint } from '@poruch/identity'
import { topicIdOf } from '@poruch/identity/fold'
import { openStart } from '@poruch/identity/start'
import { makePerson, setup, worldNowMs } from '@poruch/testkit/fixtures'
import { makeMemoryRelayLog } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import { openScene } from '../testing/scene.ts'
import type { Peer, Scene } from '../testing/scene.ts'

async function sceneOf(world: Awaited<ReturnType<typeof setup>>): Promise<Scene> {
  const log = makeMemoryRelayLog()
  const filled = log.appendScope(world.records.map((record, pos) => ({ scope: world.scope, pos, record })))
  log.sync()
  await filled
  return openScene({ ...world, log, sequencerKey: world.sequencer, nowMs: worldNowMs })
}

async function startOf(peer: Peer, { scope }: Awaited<ReturnType<typeof setup>>): Promise<Uint8Array> {
  let bytes = new Uint8Array()
  for (;;) {
    const piece = await peer.ask({ type: 'STARTWANT', ref: 7, scope, offset: bytes.length }, 'START')
    expect(piece).toMatchObject({ ref: 7, scope, offset: bytes.length })
    bytes = concatBytes(bytes, piece.piece)
    if (bytes.length === piece.size) return bytes
  }
}

test('[RE166] a newcomer gets the last checkpoint, piece by piece', async () => {
  const world = await setup('alice', 'bob', 'carol')
  // More than one piece.
  const { device } = world.person('carol')
  const cuts = Array.from({ length: 5_500 }, (_, n) => ({
    topic: topicIdOf(world.channel, n),
    device,
    seq: 1,
    id: 'cd'.repeat(32) as EnvelopeId,
  }))
  await world.remove('carol', cuts)
  await world.propose('alice', draftCheckpoint(await world.fold.stateRoot()))
  const { pos } = world.fold.head() ?? { pos: 0 }
  await world.rotate()
  const scene = await sceneOf(world)
  const peer = await scene.connect(world.person('bob'))
  const bytes = await startOf(peer, world)
  expect(bytes.length).toBeGreaterThan(512 * 1024)
  const judged = await openStart(world.suite, world.scope, bytes)
  expect(judged).toMatchObject({ ok: true, value: { pos } })
  expect(await startOf(peer, world)).toEqual(bytes)
  expect(await peer.ask({ type: 'STARTWANT', ref: 8, scope: world.scope, offset: bytes.length + 1 }, 'REFUSE')).toMatchObject({
    ref: 8,
    code: 'no-checkpoint',
  })
})

test('[RE166] nobody else gets it, and nobody where there is none', async () => {
  const world = await setup('alice', 'bob')
  const scene = await sceneOf(world)
  const peer = await scene.connect(world.person('bob'))
  const ask = { type: 'STARTWANT', ref: 7, scope: world.scope, offset: 0 } as const
  expect(await peer.ask(ask, 'REFUSE')).toMatchObject({ ref: 7, code: 'no-checkpoint' })
  expect(await peer.ask({ ...ask, scope: 'ab'.repeat(32) as never }, 'REFUSE')).toMatchObject({ ref: 7, code: 'unknown-scope' })
  const stranger = await makePerson(world.suite, world.random, 'stranger')
  expect(await scene.tryConnect(stranger)).toBe('not-a-member')
})
