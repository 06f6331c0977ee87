/** Gives screens the lock of the device that they stand on. */
import { createContext, useContext } from 'solid-js'
import type { Device } from './device.ts'

export type Lock = Pick<Device, 'state' | 'lock' | 'changePassphrase'>

export const LockContext = createContext<Lock>()

export function useLock(): Lock {
  const lock = useContext(LockContext)
  if (!lock) throw new Error('no LockContext around this component')
  return lock
}
