/** The oracle's part on anchors: whose words make one binding. */
import type { UserId } from '@poruch/base'
import type { ScopeOp } from './scope-log/ops.ts'

export function sameAnchor(a: ScopeOp, b: ScopeOp): boolean {
  if (a.kind !== 'anchor' || b.kind !== 'anchor') return false
  return [a.topic, a.snapshot, a.frontierRoot].join(' ') === [b.topic, b.snapshot, b.frontierRoot].join(' ')
}

interface Asked<Past> {
  /** Whose words do not count. */
  readonly without: UserId
  readonly roleIn: (log: readonly Past[], user: UserId) => number
  readonly usersWith: (log: readonly Past[], role: number) => readonly UserId[]
}

/** Whether the words of others for the same anchor confirm it. */
export function isConfirmed<Past extends { readonly op: ScopeOp; readonly by: UserId }>(
  log: readonly Past[],
  anchor: ScopeOp,
  { without, roleIn, usersWith }: Asked<Past>,
): boolean {
  const words = [...log.keys()].filter((pos) => log[pos] && log[pos].by !== without && sameAnchor(log[pos].op, anchor))
  const editors = usersWith(log.slice(0, (words.at(-1) ?? 0) + 1), 3).length
  const needed = Math.max(1, Math.min(Math.max(2, Math.min(10, Math.ceil(editors / 10))), editors - 1))
  return words.length >= needed && words.some((pos) => roleIn(log.slice(0, pos), log[pos]?.by ?? without) >= 4)
}
