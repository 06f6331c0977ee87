import { expect, test } from 'vitest'
import { closingLine, lineOf } from './report.ts'

const held = { name: 'a', faults: [], isSpoilt: false }
const broken = { name: 'b', faults: ['Bob shows "x"'], isSpoilt: true }

test('[HO4] the last line counts both rounds', () => {
  expect(closingLine(2, [held, broken, held, held])).toBe('2 attacks × 2 (relay checks on, off): 3 held, 1 broken')
})

test('[HO4] a line for each attack says how it went, and why it is broken', () => {
  expect(lineOf('on', held, 1234)).toBe('held   (checks on, 1.2 s) a')
  expect(lineOf('off', broken, 0)).toBe('BROKEN (checks off, 0.0 s) b\n         Bob shows "x"')
})
