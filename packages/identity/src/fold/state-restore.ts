/** Reads the rows of a state into empty tables. What they say is the owner's word: their root is checked by who calls. */
import type { UserId } from '@poruch/base'
import { decodeCbor } from '../cbor.ts'
import { IdentityError } from '../errors.ts'
import { roles } from '../roles.ts'
import { docKinds } from '../scope-log/ops.ts'
import { asId, asList, asSized, asTuple, asUint, keySizeBytes } from '../shape.ts'
import { roleOf } from './judging.ts'
import { asBit, asCount, asHistory, asPosOrNone, asRows, maxStateRowBytes } from './state-fields.ts'
import type { Row } from './state-fields.ts'
import { restorers } from './state-readers.ts'
import { rowKinds } from './state-rows.ts'
import { changeGlobals, draftGlobals } from './state.ts'
import type { State } from './state.ts'

const globalsLength = 13

/** Fills the draft. @throws IdentityError */
export function restoreState(state: State, bytes: readonly Uint8Array[]): void {
  const rows = bytes.map((row) => asList(decodeCbor(row, maxStateRowBytes), globalsLength))
  // A cut is put to its user, device or document, which are rows of a lower kind.
  for (const [kind, restore] of [[rowKinds.globals, restoreGlobals] as const, ...restorers]) {
    for (const row of rows) if (asUint(row[0], rowKinds.anchor) === kind) restore(state, row)
  }
  restoreCounts(state)
}

function restoreGlobals(state: State, row: Row): void {
  const [, version, scope, sequencer, term, takenOver, former, policy, checkpoint, ownerTerm, due, minGens, closed] = asTuple(
    row,
    globalsLength,
  )
  const takeOvers = asRows(takenOver).map(asCount)
  if (version !== 1) throw new IdentityError('unknown-version', 'only states of version 1 are known')
  changeGlobals(state, {
    scope: asId(scope),
    sequencer: asSized(sequencer, keySizeBytes),
    term: asCount(term),
    termPos: takeOvers.at(-1) ?? 0,
    takeOvers,
    formerSequencers: asRows(former).map((key) => asSized(key, keySizeBytes)),
    historyPolicy: asUint(policy, 1),
    checkpointPos: asPosOrNone(checkpoint),
    ownerTerm: asCount(ownerTerm),
    epochDue: asBit(due),
    minGens: asHistory(minGens, 1, ([gen]) => asCount(gen)),
    autoClosedPos: asPosOrNone(closed),
  })
}

/** Counts and the head follow from the rows. */
function restoreCounts(state: State): void {
  const counts = { pos: -1, memberCount: 0, editorCount: 0, epochCount: 0 }
  const owners: UserId[] = []
  let hasDirectory = false
  state.entries.eachDraft(() => {
    counts.pos++
  })
  for (let at = 0; at <= counts.pos; at++) if (!state.entries.draft(at)) throw new IdentityError('bad-shape', `no entry at ${at}`)
  state.users.eachDraft((row) => {
    const role = roleOf(row)
    counts.memberCount += Number(role >= roles.viewer)
    counts.editorCount += Number(role >= roles.editor)
    if (role === roles.owner) owners.push(row.user)
  })
  state.epochs.eachDraft(() => {
    counts.epochCount++
  })
  state.docs.eachDraft((row) => {
    hasDirectory ||= row.kind === docKinds.directory
  })
  const { pos, ...others } = counts
  const id = state.entries.draft(pos)
  if (!id || !draftGlobals(state).scope) throw new IdentityError('bad-shape', 'a state without its scope or its entries')
  changeGlobals(state, { ...others, head: { pos, id }, owners, hasDirectory })
}
