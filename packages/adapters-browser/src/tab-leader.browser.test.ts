import type { Random } from '@poruch/base'
import { systemClock } from '@poruch/base'
import { expect, test, vi } from 'vitest'
import { createLeader } from './index.ts'
import type { Leader } from './index.ts'

vi.setConfig({ testTimeout: 30_000 }) // on a busy machine

const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }

interface Tab {
  readonly leader: Leader
  /** What this tab did with its sockets, in order. */
  readonly did: readonly string[]
}

function openTab(name: string): Tab {
  const did: string[] = []
  const onLead = (signal: AbortSignal): void => {
    did.push('opened sockets')
    signal.addEventListener('abort', () => did.push('closed sockets'))
  }
  return { leader: createLeader({ name, clock: systemClock, random, onLead }), did }
}

function becomes({ leader }: Tab, leading: boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (leader.leading.read() !== leading) return
      stop()
      resolve()
    }
    const stop = leader.leading.subscribe(look)
    look()
  })
}

/** Another tab's question and its answer: whatever was said before it has been heard by then. */
function answered(name: string): Promise<void> {
  const channel = new BroadcastChannel(`poruch-leader ${name}`)
  return new Promise((resolve) => {
    channel.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (JSON.stringify(event.data) !== '{"kind":"here","nonce":"of the test"}') return
      channel.close()
      resolve()
    })
    channel.postMessage({ kind: 'ask', nonce: 'of the test' })
  })
}

/** A tab that holds the lock and answers nothing, until another takes it. */
function openFrozenTab(name: string): Promise<{ readonly robbed: Promise<unknown> }> {
  return new Promise((resolve) => {
    const robbed = navigator.locks
      .request(`poruch-leader ${name}`, () => {
        resolve({ robbed })
        return new Promise<never>(() => undefined)
      })
      .catch((thrown: unknown) => thrown)
  })
}

test('[AB11] of several tabs one leads; when it ends another does', async () => {
  const first = openTab('ends')
  await becomes(first, true)
  const second = openTab('ends')
  first.leader.close()
  await becomes(second, true)
  expect(first.did).toEqual(['opened sockets', 'closed sockets'])
  expect(second.did).toEqual(['opened sockets'])
  second.leader.close()
})

test('[AB12] a leader that answers keeps its place, however often it is asked', async () => {
  const first = openTab('answers')
  await becomes(first, true)
  const second = openTab('answers')
  for (let index = 0; index < 3; index++) {
    second.leader.ask()
    await answered('answers')
  }
  expect(second.leader.leading.read()).toBe(false)
  expect(first.did).toEqual(['opened sockets'])
  second.leader.close()
  first.leader.close()
})

test('[AB13] a tab with work takes the place of a leader that does not answer', async () => {
  const { robbed } = await openFrozenTab('frozen')
  const tab = openTab('frozen')
  tab.leader.ask()
  await becomes(tab, true)
  expect(await robbed).toMatchObject({ name: 'AbortError' })
  tab.leader.close()
})

test('[AB14] a leader that was robbed of its place closes its sockets, and waits for its turn', async () => {
  const robbedTab = openTab('robbed')
  await becomes(robbedTab, true)
  const free = Promise.withResolvers<undefined>()
  const thief = navigator.locks.request('poruch-leader robbed', { steal: true }, () => free.promise)
  await becomes(robbedTab, false)
  expect(robbedTab.did).toEqual(['opened sockets', 'closed sockets'])
  free.resolve(undefined)
  await thief
  await becomes(robbedTab, true)
  expect(robbedTab.did).toEqual(['opened sockets', 'closed sockets', 'opened sockets'])
  robbedTab.leader.close()
})

test('[AB14] nothing fires after a tab closed, and it never leads', async () => {
  const first = openTab('closed')
  await becomes(first, true)
  const second = openTab('closed')
  second.leader.ask()
  second.leader.close()
  first.leader.close()
  const third = openTab('closed')
  await becomes(third, true)
  expect(second.did).toEqual([])
  third.leader.close()
})
