/** How far somebody new to this device has come; forgotten once they have written something. */
import { makeCell } from '@poruch/base'
import type { View } from '@poruch/base'

/** `none`: not new here, or done with it. */
export type FirstStepsState = 'none' | 'open'

const stepsKey = 'poruch/first-steps'
const state = makeCell<FirstStepsState>(isOpen() ? 'open' : 'none')

/** This is asked while the app is loaded, before it is known whether the browser keeps anything. */
function isOpen(): boolean {
  try {
    return localStorage.getItem(stepsKey) === 'open'
  } catch {
    return false
  }
}

export const firstSteps: View<FirstStepsState> = state

/** Somebody has just created or joined a workspace. */
export function beginFirstSteps(): void {
  localStorage.setItem(stepsKey, 'open')
  state.set('open')
}

/** A message was sent, or the list was put away. */
export function endFirstSteps(): void {
  localStorage.removeItem(stepsKey)
  state.set('none')
}
