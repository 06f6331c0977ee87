/** What becomes of entries beside the log: taking the log back, and remembering what other branches say. */
import type { EntryId, UserId } from '@poruch/base'
import { roles } from '../roles.ts'
import { dated } from './history.ts'
import { roleOf } from './judging.ts'
import type { Journal } from './journal.ts'
import { ownersOf } from './take-over.ts'
import { draftGlobals, globalsOf } from './state.ts'
import type { Branch, State } from './state.ts'

/** Branches remembered beside one log: each of them is a proof of fraud already, more of them add little. */
export const maxBranches = 16

/** Takes the draft back to the state after `pos`. `visit` sees the state at each position that is left. False: it does not reach so far. */
export function backTo({ state, journal }: { state: State; journal: Journal }, pos: number, visit?: (pos: number) => void): boolean {
  const { cutVersion } = draftGlobals(state)
  let head = draftGlobals(state).head?.pos ?? -1
  while (head > pos) {
    visit?.(head)
    if (!journal.back()) return false
    head = draftGlobals(state).head?.pos ?? -1
  }
  // What stood may be void now and the other way round: who remembers a version must see another one.
  if (draftGlobals(state).cutVersion !== cutVersion) state.globals.note('globals', { ...draftGlobals(state), cutVersion: cutVersion + 1 })
  return head === pos
}

/**
 * The lowest position that a take-over may name as the last that stands. A Checkpoint binds, unless the sequencer was proven to have
 * ordered two entries at or below it: else one owner and a lying sequencer could part the members for ever.
 */
export function takeOverFloor(state: State): number {
  const { term, termPos, checkpointPos } = globalsOf(state)
  const fraudPos = state.frauds.get(term)
  const checkpoint = fraudPos === undefined ? checkpointPos : Math.min(checkpointPos, fraudPos - 1)
  return Math.max(termPos, checkpoint)
}

/** Users whose last membership ended after `pos`, as the draft has it. */
export function removedAfter(state: State, pos: number): UserId[] {
  const users: UserId[] = []
  state.users.eachDraft((row) => {
    if (roleOf(row) === roles.none && (row.roles.at(-1)?.pos ?? -1) > pos) users.push(row.user)
  })
  return users
}

export function noteRemoved(state: State, users: readonly UserId[], pos: number): void {
  for (const user of users) state.elsewhere.note(user, pos)
}

/** Collects the owners along a branch while it is judged. */
export function makeBranchWatch(state: State): { readonly onEntry: () => void; readonly branch: (term: number) => Branch } {
  let owners: Branch['owners'] = []
  let key = ''
  let end = 0
  return {
    onEntry: () => {
      const now = ownersOf(state)
      const nowKey = [...now.users, ...now.devices.keys()].join()
      end = draftGlobals(state).head?.pos ?? 0
      if (nowKey !== key) owners = dated(owners, end, now)
      key = nowKey
    },
    branch: (term) => ({ term, end, owners }),
  }
}

/** False when there are too many; a longer version of a known branch takes its place. */
export function noteBranch(state: State, first: EntryId, branch: Branch): boolean {
  const known = state.branches.draft(first)
  let count = 0
  state.branches.eachDraft(() => {
    count++
  })
  if (!known && count >= maxBranches) return false
  if (!known || known.end < branch.end) state.branches.note(first, branch)
  return true
}

/** Marks the present sequencer as one that ordered two entries at `pos`; a lower position replaces a higher one. */
export function noteFraud(state: State, pos: number): void {
  const { term } = draftGlobals(state)
  state.frauds.note(term, Math.min(pos, state.frauds.draft(term) ?? pos))
}
