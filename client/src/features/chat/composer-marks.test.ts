import { expect, test } from 'vitest'
import { toggleMark } from './composer-marks.ts'

test('[CL242] a mark goes around what is selected, and away when it is pressed again', () => {
  const bold = toggleMark({ text: 'so very much', from: 3, to: 7 }, '**')
  expect(bold).toEqual({ text: 'so **very** much', from: 5, to: 9 })
  expect(toggleMark(bold, '**')).toEqual({ text: 'so very much', from: 3, to: 7 })
  expect(toggleMark({ text: '', from: 0, to: 0 }, '`')).toEqual({ text: '``', from: 1, to: 1 })
})
