/** The lock of a device over its real vault: what one tab locks is locked in all. */
import { openVault } from '@poruch/adapters-browser'
import type { VaultCipher } from '@poruch/adapters-browser'
import { encodeUtf8, parseUtf8, systemClock } from '@poruch/base'
import type { Clock } from '@poruch/base'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeDevtools, makePlainDevice } from '../testing/people.ts'
import { idleCheckMs, watchIdle, writeAutoLock } from './auto-lock.ts'
import { openDevice } from './device.ts'
import type { Device, OpenTab } from './device.ts'

vi.setConfig({ testTimeout: 30_000 }) // on a busy machine

/** Stands for ciphers; those of the product are tested where they are made. */
const cipher: VaultCipher = {
  generate: async () => Promise.resolve({ key: crypto.randomUUID() }),
  wrap: async (handle, passphrase) => Promise.resolve(encodeUtf8(JSON.stringify({ handle, passphrase }))),
  unwrap: async (wrapped, passphrase) => {
    const content = JSON.parse(parseUtf8(wrapped) ?? '') as { handle: unknown; passphrase: string }
    return Promise.resolve(content.passphrase === passphrase ? content.handle : null)
  },
}

interface Tab {
  readonly device: Device
  /** What happened to it, in order. */
  readonly did: string[]
  /** Keys that it was opened with. */
  readonly keys: unknown[]
}

async function openTab(name: string, { clock = systemClock, close }: { clock?: Clock; close?: () => Promise<void> } = {}): Promise<Tab> {
  const replica = makePlainDevice({ name: 'member' })
  const did: string[] = []
  const keys: unknown[] = []
  const vault = await openVault({ name, cipher, clock })
  onTestFinished(vault.close)
  const device = await openDevice({
    vault,
    clock,
    openTab: async ({ handle }): Promise<OpenTab> => {
      keys.push(handle)
      return Promise.resolve({
        replica,
        devtools: makeDevtools(replica),
        close:
          close ??
          (async () => {
            did.push('closed')
            return Promise.resolve()
          }),
      })
    },
    leave: () => did.push('left'),
  })
  return { device, did, keys }
}

const stateOf = ({ device }: Tab): string => {
  const state = device.state.read()
  return state.name === 'open' ? `open, ${state.passphrase}` : state.name
}

test('[CL90] without a passphrase a device opens at once, and cannot be locked; with one every start asks', async () => {
  const name = crypto.randomUUID()
  const first = await openTab(name)
  expect(stateOf(first)).toBe('open, none')
  await first.device.lock()
  expect(stateOf(first)).toBe('open, none')
  await first.device.changePassphrase({ current: null, next: 'right' })
  expect(stateOf(first)).toBe('open, set')
  const second = await openTab(name)
  expect(stateOf(second)).toBe('locked')
  await expect(second.device.unlock('wrong')).rejects.toMatchObject({ code: 'wrong-passphrase' })
  expect([stateOf(second), second.keys]).toEqual(['locked', []])
  await second.device.unlock('right')
  expect([stateOf(second), second.keys]).toEqual(['open, set', first.keys])
})

test('[CL91] a lock in one tab closes all tabs and has them leave', async () => {
  const name = crypto.randomUUID()
  const first = await openTab(name)
  await first.device.changePassphrase({ current: null, next: 'right' })
  const second = await openTab(name)
  await second.device.unlock('right')
  const third = await openTab(name)
  await first.device.lock()
  expect(first.did).toEqual(['closed', 'left'])
  await expect.poll(() => second.did).toEqual(['closed', 'left'])
  // Locked already: it only starts anew.
  await expect.poll(() => third.did).toEqual(['left'])
  expect([first, second, third].map(stateOf)).toEqual(['leaving', 'leaving', 'leaving'])
})

test('[CL91] a tab that slept through the lock leaves when somebody comes back to it; one that missed nothing stays', async () => {
  const name = crypto.randomUUID()
  const sleeping = await openTab(name)
  await sleeping.device.check()
  expect(stateOf(sleeping)).toBe('open, none')
  // Said by nobody: as for a frozen tab.
  const said = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => undefined)
  const vault = await openVault({ name, cipher, clock: systemClock })
  onTestFinished(vault.close)
  await vault.lock()
  said.mockRestore()
  expect(sleeping.did).toEqual([])
  await sleeping.device.check()
  expect(sleeping.did).toEqual(['closed', 'left'])
})

/** A clock that is moved by hand. */
function makeClock() {
  let nowMs = 1_000_000
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>()
  return {
    now: () => nowMs,
    after: (delayMs: number, run: () => void) => {
      const timer = { dueMs: nowMs + delayMs, run }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    pass: (ms: number): void => {
      const endMs = nowMs + ms
      for (;;) {
        const next = [...timers].filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0]
        if (!next) break
        nowMs = next.dueMs
        timers.delete(next)
        next.run()
      }
      nowMs = endMs
    },
  }
}

test('[CL91] a tab that cannot close leaves after two seconds', async () => {
  const clock = makeClock()
  const tab = await openTab(crypto.randomUUID(), { clock, close: async () => new Promise(() => undefined) })
  await tab.device.changePassphrase({ current: null, next: 'right' })
  const locking = tab.device.lock()
  await expect.poll(() => stateOf(tab)).toBe('leaving')
  await expect
    .poll(() => {
      clock.pass(1_000)
      return tab.did
    })
    .toEqual(['left'])
  await locking
})

const minuteMs = 60_000

test('[CL92] nobody at any tab for the time chosen: locked; input in one tab keeps all open', async () => {
  writeAutoLock('5')
  const name = crypto.randomUUID()
  const clock = makeClock()
  const [first, second] = [await openTab(name, { clock }), await openTab(name, { clock })]
  await first.device.changePassphrase({ current: null, next: 'right' })
  await second.device.check()
  for (const { device } of [first, second]) onTestFinished(watchIdle(device, clock))
  clock.pass(4 * minuteMs)
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))
  clock.pass(4 * minuteMs)
  expect([first, second].map(stateOf)).toEqual(['open, set', 'open, set'])
  clock.pass(minuteMs + idleCheckMs)
  await expect
    .poll(() => [first.did, second.did])
    .toEqual([
      ['closed', 'left'],
      ['closed', 'left'],
    ])
})

test('[CL92] with the choice never, and without a passphrase, nothing locks by itself', async () => {
  const clock = makeClock()
  const tab = await openTab(crypto.randomUUID(), { clock })
  onTestFinished(watchIdle(tab.device, clock))
  writeAutoLock('1')
  clock.pass(60 * minuteMs)
  await tab.device.changePassphrase({ current: null, next: 'right' })
  writeAutoLock('never')
  clock.pass(600 * minuteMs)
  await tab.device.check()
  expect(tab.did).toEqual([])
  localStorage.removeItem('poruch/auto-lock')
})

test('[CL92] who comes back late, before the check, sees nothing and finds it locked', async () => {
  writeAutoLock('1')
  const clock = makeClock()
  const tab = await openTab(crypto.randomUUID(), { clock })
  await tab.device.changePassphrase({ current: null, next: 'right' })
  // Its timers sleep with the machine.
  onTestFinished(watchIdle(tab.device, { ...clock, after: () => () => undefined }))
  const see = vi.spyOn(document, 'visibilityState', 'get')
  onTestFinished(() => {
    see.mockRestore()
  })
  see.mockReturnValue('hidden')
  document.dispatchEvent(new Event('visibilitychange'))
  expect(getComputedStyle(document.documentElement).getPropertyValue('--none')).toBe('')
  expect(document.documentElement.dataset['covered']).toBe('')
  clock.pass(2 * minuteMs)
  see.mockReturnValue('visible')
  document.dispatchEvent(new Event('visibilitychange'))
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))
  await expect.poll(() => tab.did).toEqual(['closed', 'left'])
  await expect.poll(() => document.documentElement.dataset['covered']).toBeUndefined()
  localStorage.removeItem('poruch/auto-lock')
})

test('[CL93] erasing deletes the locked copy and leaves', async () => {
  const name = crypto.randomUUID()
  const first = await openTab(name)
  await first.device.changePassphrase({ current: null, next: 'forgotten' })
  const second = await openTab(name)
  await second.device.erase()
  expect(second.did).toEqual(['left'])
  await expect.poll(() => first.did).toEqual(['closed', 'left'])
  const third = await openTab(name)
  expect(stateOf(third)).toBe('open, none')
  expect(third.keys).not.toEqual(first.keys)
})
