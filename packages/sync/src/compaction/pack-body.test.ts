/** What the bytes of a pack may not say, before anything of it is believed. */
import { concatBytes } from '@poruch/base'
import { expect, test } from 'vitest'
import { maxPackEntries } from '../limits.ts'
import { goldenRuns } from '../testing/golden-runs.ts'
import { decodePackBody, encodePackBody } from './pack-body.ts'

test('[SY74] takes one run of each device, and no more envelopes than a pack holds', () => {
  const [run] = goldenRuns()
  if (!run) throw new Error('a run expected')
  expect(decodePackBody(encodePackBody([run, run]))).toEqual({ ok: false, reason: 'bad-pack' })
  const full = encodePackBody([run]).slice(3, 3 + 32 + 4 + 32)
  const count = Uint8Array.of((maxPackEntries + 1) >> 8, (maxPackEntries + 1) & 255)
  const many = concatBytes(Uint8Array.of(1, 0, 1), full, count, new Uint8Array(64))
  expect(decodePackBody(many)).toEqual({ ok: false, reason: 'pack-too-large' })
})
