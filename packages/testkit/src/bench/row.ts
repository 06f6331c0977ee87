/** A row of the table: how it is measured at full size, and at a size that a test can wait for. */
import type { BenchRecord } from './record.ts'

export type Scale = 'full' | 'tiny'

/** Pairs of a full run; `design/quality.md` asks for five at least. */
const pairsOf: Readonly<Record<Scale, number>> = { full: 5, tiny: 1 }

export interface Plan<Size> {
  readonly size: Size
  readonly pairs: number
}

export interface Row {
  readonly id: string
  readonly title: string
  run(scale: Scale): Promise<readonly BenchRecord[]>
}

export function defineRow<Size>(row: {
  readonly id: string
  readonly title: string
  readonly sizes: Readonly<Record<Scale, Size>>
  measure(plan: Plan<Size>): Promise<readonly BenchRecord[]>
}): Row {
  const { id, title, sizes } = row
  return { id, title, run: async (scale) => row.measure({ size: sizes[scale], pairs: pairsOf[scale] }) }
}
