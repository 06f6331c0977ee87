/** The lean map beside a plain one. */
import { expect, test } from 'vitest'
import { LeanMap } from './index.ts'

test('[BA23] holds what a map holds after the same calls, empty ones included', () => {
  const [lean, plain] = [new LeanMap<number, string>(), new Map<number, string>()]
  const same = (): void => {
    expect({ size: lean.size, keys: [...lean.keys()], values: [...lean.values()] }).toEqual({
      size: plain.size,
      keys: [...plain.keys()],
      values: [...plain.values()],
    })
    for (const key of [0, 1, 2]) expect([lean.has(key), lean.get(key)]).toEqual([plain.has(key), plain.get(key)])
  }
  same()
  const set = (key: number, value: string): void => {
    lean.set(key, value)
    plain.set(key, value)
    same()
  }
  const drop = (key: number): void => {
    lean.delete(key)
    plain.delete(key)
    same()
  }
  drop(1)
  set(2, 'b')
  set(1, 'a')
  set(2, 'c')
  drop(2)
  drop(1)
  set(1, 'd')
  lean.clear()
  plain.clear()
  same()
})
