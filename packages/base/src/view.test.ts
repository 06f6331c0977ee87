/** A cell: one value, and who is told of it. */
import { expect, test } from 'vitest'
import { makeCell } from './index.ts'

test('[BA21] tells of a change after it is made, and only of changes', () => {
  const cell = makeCell<number | null>(null)
  const seen: (number | null)[] = []
  const stop = cell.subscribe(() => seen.push(cell.read()))
  cell.set(1)
  cell.set(1)
  cell.set(Number.NaN)
  cell.set(Number.NaN)
  stop()
  stop()
  cell.set(2)
  expect(seen).toEqual([1, Number.NaN])
  expect(cell.read()).toBe(2)
})

test('[BA21] reads the same object until another is set', () => {
  const value = { n: 1 }
  const cell = makeCell(value)
  expect(cell.read()).toBe(value)
  cell.set({ n: 1 })
  expect(cell.read()).not.toBe(value)
})
