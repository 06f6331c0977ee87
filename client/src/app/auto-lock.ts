/** Locks a device that nobody touches, in whichever tab, and shows nothing to who comes back before that was looked at. */
import type { Clock } from '@poruch/base'
import type { Device } from './device.ts'

/** In minutes; `never` leaves it to the person. */
export const autoLockChoices = ['1', '5', '15', '60', 'never'] as const
export type AutoLockChoice = (typeof autoLockChoices)[number]

const choiceKey = 'poruch/auto-lock'
/** So late a lock may come at most. */
export const idleCheckMs = 5_000
/** Other tabs hear of input no more often than that. */
export const inputTellMs = 5_000
const msPerMinute = 60_000
const inputs = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const

export function readAutoLock(): AutoLockChoice {
  const stored = localStorage.getItem(choiceKey)
  return autoLockChoices.find((choice) => choice === stored) ?? '15'
}

export function writeAutoLock(choice: AutoLockChoice): void {
  localStorage.setItem(choiceKey, choice)
}

/** Until the returned function is called. */
export function watchIdle(device: Pick<Device, 'state' | 'lock' | 'check'>, clock: Clock): () => void {
  const tabs = new BroadcastChannel('poruch-input')
  const ending = new AbortController()
  const { signal } = ending
  let lastInputMs = clock.now()
  let lastToldMs = lastInputMs
  const hasPassphrase = (): boolean => {
    const state = device.state.read()
    return state.name === 'open' && state.passphrase === 'set'
  }
  const isIdle = (): boolean => {
    const choice = readAutoLock()
    // A clock that was set back counts from now on.
    lastInputMs = Math.min(lastInputMs, clock.now())
    return choice !== 'never' && clock.now() - lastInputMs >= Number(choice) * msPerMinute
  }
  const note = (): void => {
    // Who comes back late finds it locked, and does not unlock it by coming.
    if (hasPassphrase() && isIdle()) return
    lastInputMs = clock.now()
    if (Math.abs(lastInputMs - lastToldMs) < inputTellMs) return
    lastToldMs = lastInputMs
    tabs.postMessage('input')
  }
  tabs.addEventListener('message', () => {
    lastInputMs = clock.now()
  })
  for (const name of inputs) window.addEventListener(name, note, { capture: true, passive: true, signal })
  const look = async (): Promise<void> => {
    if (hasPassphrase() && isIdle()) await device.lock()
    else await device.check()
  }
  const stopReturning = guardReturn(hasPassphrase, look, signal)
  let cancel: (() => void) | null = null
  const checkSoon = (): void => {
    cancel = clock.after(idleCheckMs, () => {
      if (hasPassphrase() && isIdle()) device.lock().catch(reportError)
      checkSoon()
    })
  }
  checkSoon()
  return () => {
    ending.abort()
    cancel?.()
    stopReturning()
    tabs.close()
  }
}

/** A tab that is left is covered; it is uncovered when `look` has answered. */
function guardReturn(isGuarded: () => boolean, look: () => Promise<void>, signal: AbortSignal): () => void {
  const page = document.documentElement
  const uncover = (): void => {
    delete page.dataset['covered']
  }
  const cover = (): void => {
    if (isGuarded()) page.dataset['covered'] = ''
  }
  const comeBack = (): void => {
    look().catch(reportError).finally(uncover)
  }
  const follow = (): void => {
    if (document.visibilityState === 'hidden') cover()
    else comeBack()
  }
  document.addEventListener('visibilitychange', follow, { signal })
  document.addEventListener('freeze', cover, { signal })
  document.addEventListener('resume', comeBack, { signal })
  window.addEventListener('pagehide', cover, { signal })
  window.addEventListener('pageshow', comeBack, { signal })
  return uncover
}
