/** The relay under a clock that jumps or stands still. */
import { toBase64Url } from '@poruch/base'
import { topicIdOf } from '@poruch/identity/fold'
import { encodeSyncRequest } from '@poruch/sync/wire'
import type { World } from '@poruch/testkit/fixtures'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tokenLifeMs } from '../core/limits.ts'
import { sceneEnvelope } from '../testing/scene.ts'
import { serveWorld, servedWorld } from '../testing/served.ts'
import type { Served } from '../testing/served.ts'

const slowMs = 60_000 // sockets on a busy machine; nothing waits for it
const tenYearsMs = 10 * 365 * 86_400_000

/** Says what it is told to; timers never fall due by themselves. */
function makeLyingClock() {
  let now = Date.now()
  return {
    now: () => now,
    after: () => () => undefined,
    jump: (ms: number) => {
      now += ms
    },
  }
}

let served: Served
let world: World
let clock: ReturnType<typeof makeLyingClock>
beforeEach(async () => {
  world = await servedWorld({}, 'alice', 'bob')
  clock = makeLyingClock()
  served = await serveWorld({ world, clock })
}, slowMs)
afterEach(async () => served.end(), slowMs)

async function syncStatus(token: Uint8Array | string): Promise<number> {
  if (typeof token === 'string') throw new Error(token)
  const authorization = `Bearer ${toBase64Url(token)}`
  return (await served.post('/api/sync', encodeSyncRequest([]), { authorization })).status
}

test('[RE173] tokens and challenges fail closed when the clock jumps ten years, forward or back', { timeout: slowMs }, async () => {
  const [alice, bob] = [world.person('alice'), world.person('bob')]
  for (const years of [tenYearsMs, -tenYearsMs]) {
    const [token, body] = [await served.tokenOf(alice), await served.sessionBody(bob)]
    expect(await syncStatus(token)).toBe(200)
    clock.jump(years)
    expect(await syncStatus(token)).toBe(401)
    expect((await served.post('/api/session', body)).status).toBe(401)
    // What is granted now is good now.
    const next = await served.tokenOf(alice)
    expect(await syncStatus(next)).toBe(200)
    clock.jump(tokenLifeMs)
    expect(await syncStatus(next)).toBe(401)
  }
})

test('[RE173] order and delivery do not look at the clock: it jumps between messages, and stands still', { timeout: slowMs }, async () => {
  const { suite, fold } = world
  const topic = topicIdOf(world.channel, 0)
  const [alice, bob] = [await served.connect(world.person('alice')), await served.connect(world.person('bob'))]
  bob.send({ type: 'SUB', topics: [{ topic, relaySeq: 0, idPrefix: '00000000' }] })
  await bob.next('HEAD')
  let prev: Awaited<ReturnType<typeof sceneEnvelope>> | null = null
  for (const [index, jump] of [0, tenYearsMs, -2 * tenYearsMs, 0, tenYearsMs, 0].entries()) {
    clock.jump(jump)
    prev = await sceneEnvelope({ suite, fold, person: world.person('alice'), topic, seq: index + 1, prev: prev?.id ?? null })
    alice.send({ type: 'APPEND', ref: index + 1, topic, envelope: prev.bytes })
    expect(await alice.next('ACK')).toMatchObject({ ref: index + 1, relaySeq: index + 1 })
    expect(await bob.next('ENTRY')).toMatchObject({ relaySeq: index + 1, envelope: prev.bytes })
    expect((await served.get('/api/health')).status).toBe(200)
  }
})
