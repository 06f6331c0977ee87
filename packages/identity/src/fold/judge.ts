/** Judges one entry by the state at the position before it, and puts what it does into the draft. */
import { judgeAdmit } from './admissions.ts'
import { judgeAnchor } from './anchors.ts'
import { judgeCheckpoint } from './checkpoints.ts'
import { judgeAddDoc, judgeAdmitLate, judgeSetMinimum } from './docs.ts'
import { judgeEpoch } from './epochs.ts'
import { judgeGenesis } from './genesis.ts'
import { judgeCreateInvitation, judgeRevokeInvitation } from './invitations.ts'
import { authorOf, readCut } from './judging.ts'
import type { Author, Judging } from './judging.ts'
import { judgePin } from './pins.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { judgeLeave, judgeRemove, judgeSetRole } from './role-rules.ts'
import { changeGlobals } from './state.ts'
import { judgeSetSequencer } from './take-over.ts'

/** The entry's place and signatures have been checked. */
export async function judgeEntry(judging: Judging): Promise<Verdict> {
  const refused = await judgeOp(judging)
  if (refused) return refused
  judging.state.entries.set(judging.pos, judging.id)
  changeGlobals(judging.state, { head: { pos: judging.pos, id: judging.id } })
  return null
}

async function judgeOp(judging: Judging): Promise<Verdict> {
  const { op } = judging.entry
  if (op.kind === 'later') return refuse('op-not-yet')
  if (!('cutRoot' in op) && op.kind !== 'anchor') {
    const cut = await readCut(judging, false)
    if (!cut.ok) return cut
  }
  if (op.kind === 'genesis') return judging.pos === 0 ? judgeGenesis(judging, op) : refuse('second-genesis')
  if (judging.pos === 0) return refuse('no-genesis')
  if (op.kind === 'pin-user') return judgePin(judging, op)
  const author = authorOf(judging)
  return author.ok ? judgeMemberOp(judging, author.value) : author
}

async function judgeMemberOp(judging: Judging, author: Author): Promise<Verdict> {
  const { op } = judging.entry
  switch (op.kind) {
    case 'admit':
      return judgeAdmit(judging, author, op)
    case 'set-role':
      return judgeSetRole(judging, author, op)
    case 'remove-member':
      return judgeRemove(judging, author, op)
    case 'leave':
      return judgeLeave(judging, author)
    case 'epoch':
      return judgeEpoch(judging, op)
    case 'create-invitation':
      return judgeCreateInvitation(judging, author, op)
    case 'revoke-invitation':
      return judgeRevokeInvitation(judging, author, op)
    case 'add-doc':
      return judgeAddDoc(judging, author, op)
    case 'set-minimum':
      return judgeSetMinimum(judging, author, op)
    case 'admit-late':
      return judgeAdmitLate(judging, author, op)
    case 'anchor':
      return judgeAnchor(judging, author, op)
    case 'checkpoint':
      return judgeCheckpoint(judging, author, op)
    case 'set-sequencer':
      return judgeSetSequencer(judging, author, op)
    case 'genesis':
    case 'pin-user':
    case 'later':
      return refuse('no-right')
  }
}
