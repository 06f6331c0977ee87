/** Coded errors. */
import { expect, test } from 'vitest'
import { BaseError, CodedError, codeOf } from './index.ts'

class SampleError extends CodedError<'lost' | 'found'> {}

test('[BA15] an error has a stable code, its class’s name and its cause', () => {
  const cause = new Error('inner')
  const error = new SampleError('lost', 'in the woods', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ code: 'lost', name: 'SampleError', message: 'lost: in the woods', cause })
  expect(new BaseError('truncated', 'x').name).toBe('BaseError')
})

test('[BA15] the code of anything thrown is known', () => {
  expect(codeOf(new SampleError('found', 'x'))).toBe('found')
  expect([new Error('x'), 'text', null, undefined, { code: 'lost' }].map(codeOf)).toEqual(Array.from({ length: 5 }, () => 'unexpected'))
})
