import type { Random } from '@poruch/base'
import { emptyBytes } from '@poruch/base'
import { expect, test } from 'vitest'
import { carryLink } from './frame-link.ts'
import { AdapterError, RelayRefusal } from './errors.ts'
import { keepRelay } from './relay.ts'
import type { RelayConnection, RelayState } from './relay.ts'
import { firstRetryMs, maxRetryMs, refusedRetryMs, steadyAfterMs } from './keep-relay.ts'
import { makeHandClock } from './testing/hand-clock.ts'

const latest: Random = { bytes: (length) => new Uint8Array(length).fill(255) }

function describe(state: RelayState): string {
  if (state.kind === 'offline') return `offline ${state.retryInMs}`
  return state.kind === 'refused' ? `refused ${state.code} ${state.retryInMs}` : state.kind
}

function makeRelay(fault: unknown = null) {
  const clock = makeHandClock()
  const relay: { fault: unknown; probes: number; end: (reason: string) => void } = {
    fault,
    probes: 0,
    end: () => undefined,
  }
  const states: string[] = []
  const connect = (): Promise<RelayConnection> => {
    if (relay.fault) return Promise.reject(relay.fault)
    const { link, ended } = carryLink({ send: () => undefined, bufferedBytes: () => 0, close: () => undefined })
    relay.end = ended
    const probe = (): void => {
      relay.probes++
    }
    return Promise.resolve({
      link,
      bulk: { sync: () => Promise.resolve() },
      relayKey: emptyBytes,
      probe,
      close: () => link.close('closed'),
    })
  }
  const kept = keepRelay({ clock, random: latest, connect, onState: (state) => states.push(describe(state)) })
  return { clock, relay, states, kept }
}

const offline = new AdapterError('offline', 'no answer')

test('[AB24] connects at once, and again after a loss', async () => {
  const { clock, relay, states, kept } = makeRelay()
  await clock.pass(0)
  relay.end('offline')
  await clock.pass(firstRetryMs)
  expect(states).toEqual(['connecting', 'connected', `offline ${firstRetryMs}`, 'connecting', 'connected'])
  kept.close()
})

test('[AB25] waits longer from try to try up to a bound, and starts over only after a steady connection', async () => {
  const { clock, relay, states, kept } = makeRelay(offline)
  await clock.pass(100 * maxRetryMs)
  expect(states.slice(0, 6)).toEqual(['connecting', 'offline 500', 'connecting', 'offline 1000', 'connecting', 'offline 2000'])
  expect(states.at(-1)).toBe(`offline ${maxRetryMs}`)
  relay.fault = null
  await clock.pass(maxRetryMs)
  relay.end('offline')
  expect(states.at(-1)).toBe(`offline ${maxRetryMs}`)
  await clock.pass(maxRetryMs + steadyAfterMs)
  relay.end('offline')
  expect(states.at(-1)).toBe(`offline ${firstRetryMs}`)
  kept.close()
})

test('[AB26] says with which code the relay refuses, and asks again late', async () => {
  const { clock, relay, states, kept } = makeRelay(new RelayRefusal('unknown-device', 'not here'))
  await clock.pass(0)
  expect(states.at(-1)).toBe(`refused unknown-device ${refusedRetryMs}`)
  relay.fault = null
  await clock.pass(refusedRetryMs)
  relay.end('newer-session')
  expect(states.slice(2)).toEqual(['connecting', 'connected', `refused newer-session ${refusedRetryMs}`])
  kept.close()
})

test('[AB27] tries at once when asked to, and probes a connection that stands', async () => {
  const { clock, relay, states, kept } = makeRelay(offline)
  await clock.pass(0)
  relay.fault = null
  kept.retry()
  await clock.pass(0)
  expect(states).toEqual(['connecting', 'offline 500', 'connecting', 'connected'])
  kept.retry()
  expect(relay.probes).toBe(1)
  kept.close()
})

test('[AB28] says nothing after it was closed', async () => {
  const { clock, relay, states, kept } = makeRelay()
  await clock.pass(0)
  kept.close()
  relay.end('offline')
  kept.retry()
  await clock.pass(10 * maxRetryMs)
  expect(states).toEqual(['connecting', 'connected'])
})
