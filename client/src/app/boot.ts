/** Composes this device's replica. */
import { CodedError } from '@poruch/base'
import type { Replica } from '@poruch/replica'

export function boot(): Promise<Replica> {
  return Promise.reject(new CodedError('not-ready', 'the adapters are not composed yet'))
}
