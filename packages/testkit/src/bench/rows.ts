/** All rows, in the order in which they are run. */
import { editingTrace } from './editing-trace.ts'
import { durableAppend } from './durable-append.ts'
import type { Row } from './row.ts'
import { scopeFold } from './scope-fold.ts'
import { wireBytes } from './wire-bytes.ts'

export const rows: readonly Row[] = [wireBytes, scopeFold, editingTrace, durableAppend]
