import { expect, test } from 'vitest'
import { onWake } from './wake.ts'

test('[AB29] wakes when the network comes back and when the page is looked at, until stopped', () => {
  let wakes = 0
  const stop = onWake(() => wakes++)
  window.dispatchEvent(new Event('online'))
  expect(wakes).toBe(1)
  expect(document.visibilityState).toBe('visible')
  document.dispatchEvent(new Event('visibilitychange'))
  expect(wakes).toBe(2)
  stop()
  stop()
  window.dispatchEvent(new Event('online'))
  document.dispatchEvent(new Event('visibilitychange'))
  expect(wakes).toBe(2)
})
