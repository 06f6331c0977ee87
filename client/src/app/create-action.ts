/** One command at a time, with what went wrong as a code. */
import type { Accessor } from 'solid-js'
import { createSignal } from 'solid-js'
import { errorCodeOf } from './i18n.ts'

export interface Action<Arguments extends readonly unknown[]> {
  /** True if it succeeded. While it runs it is not started again, and answers false. */
  run(...args: Arguments): Promise<boolean>
  readonly isBusy: Accessor<boolean>
  readonly code: Accessor<string | null>
}

export function createAction<Arguments extends readonly unknown[]>(command: (...args: Arguments) => Promise<unknown>): Action<Arguments> {
  const [isBusy, setBusy] = createSignal(false)
  const [code, setCode] = createSignal<string | null>(null)
  return {
    run: async (...args) => {
      if (isBusy()) return false
      setBusy(true)
      setCode(null)
      try {
        await command(...args)
        return true
      } catch (thrown) {
        setCode(errorCodeOf(thrown))
        return false
      } finally {
        setBusy(false)
      }
    },
    isBusy,
    code,
  }
}
