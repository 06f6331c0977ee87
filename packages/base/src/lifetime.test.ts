/** Closing together. */
import { expect, test } from 'vitest'
import { makeLifetime } from './index.ts'

test('[BA18] closes in reverse order, once', () => {
  const closed: string[] = []
  const lifetime = makeLifetime()
  lifetime.add(() => closed.push('first'))
  lifetime.add(() => closed.push('second'))
  expect(lifetime.ended).toBe(false)
  lifetime.end()
  lifetime.end()
  expect(closed).toEqual(['second', 'first'])
  expect(lifetime.ended).toBe(true)
})

test('[BA18] what is added after the end, or by a closer, is closed at once', () => {
  const closed: string[] = []
  const lifetime = makeLifetime()
  lifetime.add(() => closed.push('outer'))
  lifetime.add(() => lifetime.add(() => closed.push('inner')))
  lifetime.end()
  lifetime.add(() => closed.push('late'))
  expect(closed).toEqual(['inner', 'outer', 'late'])
})

test('[BA18] one that throws keeps nothing else open; all errors are reported together', () => {
  const closed: string[] = []
  const lifetime = makeLifetime()
  const faults = [new Error('one'), new Error('two')]
  lifetime.add(() => closed.push('last'))
  for (const fault of faults) {
    lifetime.add(() => {
      throw fault
    })
  }
  expect(() => lifetime.end()).toThrow(expect.objectContaining({ errors: faults.toReversed() }))
  expect(closed).toEqual(['last'])
})
