import type { Random } from '@poruch/base'
import { expect, test } from 'vitest'
import { makeHandClock } from '../testing/hand-clock.ts'
import { firstRelayRetryMs, idleRelayMs, maxRelayRetryMs, watchIntervalMs, watchRelay } from './relay-watch.ts'

const latest: Random = { bytes: (length) => new Uint8Array(length).fill(255) }

function makeWatch() {
  const clock = makeHandClock()
  const relay = { up: true, reserves: true, connected: false }
  const done: string[] = []
  const watch = watchRelay({
    clock,
    random: latest,
    reserved: () => relay.connected && relay.reserves,
    connected: () => relay.connected,
    dial: () => {
      done.push('dial')
      relay.connected = relay.up
      return relay.up ? Promise.resolve() : Promise.reject(new Error('down'))
    },
    hangUp: () => {
      done.push('hang up')
      relay.connected = false
    },
    onChange: (reserved) => done.push(reserved ? 'reachable' : 'not reachable'),
  })
  return { clock, relay, done, watch }
}

test('[AB38] dials the relay again when it was lost, and waits longer while it is down', async () => {
  const { clock, relay, done, watch } = makeWatch()
  await clock.pass(firstRelayRetryMs)
  expect(done).toEqual(['dial', 'reachable'])
  relay.up = false
  relay.connected = false
  await clock.pass(watchIntervalMs)
  expect(done).toEqual(['dial', 'reachable', 'not reachable', 'dial'])
  await clock.pass(20 * maxRelayRetryMs)
  const tries = done.length
  await clock.pass(2 * maxRelayRetryMs)
  expect(done.length - tries).toBe(2)
  relay.up = true
  await clock.pass(maxRelayRetryMs + firstRelayRetryMs)
  expect(done.at(-1)).toBe('reachable')
  watch.close()
  relay.connected = false
  const end = done.length
  await clock.pass(10 * maxRelayRetryMs)
  expect(done).toHaveLength(end)
})

test('[AB38] hangs up a relay that answers and gives no address', async () => {
  const { clock, relay, done, watch } = makeWatch()
  relay.reserves = false
  await clock.pass(idleRelayMs + 2 * firstRelayRetryMs)
  expect(done).toEqual(['dial', 'hang up', 'dial'])
  relay.reserves = true
  watch.look()
  expect(done.at(-1)).toBe('reachable')
  watch.close()
})
