/** AddDoc, SetMinimum and AdmitLate: topics, who may write them, and what is let in late. */
import { roles } from '../roles.ts'
import { pairKey } from '../scope-log/cuts.ts'
import { docKinds } from '../scope-log/ops.ts'
import type { ScopeOpOf } from '../scope-log/ops.ts'
import { prefixOf } from '../scope-log/topics.ts'
import { dated, lastValue } from './history.ts'
import { readCut } from './judging.ts'
import type { Author, Judging } from './judging.ts'
import { refuse } from './reasons.ts'
import type { Verdict } from './reasons.ts'
import { changeGlobals, draftGlobals } from './state.ts'
import type { DocRow } from './state.ts'

export function judgeAddDoc({ state, pos }: Judging, author: Author, op: ScopeOpOf<'add-doc'>): Verdict {
  const directory = op.docKind === docKinds.directory
  if (author.role < (directory ? roles.owner : roles.editor)) return refuse('no-right')
  if (op.docKind === 0 || (directory && draftGlobals(state).hasDirectory)) return refuse('bad-doc')
  if (state.docs.draft(op.prefix)) return refuse('prefix-used')
  const minimums = dated([], pos, { minWrite: op.minWrite, minReact: op.minReact })
  state.docs.set(op.prefix, { prefix: op.prefix, kind: op.docKind, author: author.row.user, addedPos: pos, minimums, cuts: [] })
  if (directory) changeGlobals(state, { hasDirectory: true })
  return null
}

export async function judgeSetMinimum(judging: Judging, author: Author, op: ScopeOpOf<'set-minimum'>): Promise<Verdict> {
  if (author.role < roles.admin) return refuse('no-right')
  const row = judging.state.docs.draft(op.prefix)
  const before = row && lastValue(row.minimums)
  if (!row || !before) return refuse('unknown-doc')
  if (op.minWrite === before.minWrite && op.minReact === before.minReact) return refuse('no-change')
  const raised = op.minWrite > before.minWrite || op.minReact > before.minReact
  const rows = await readCut(judging, raised)
  if (!rows.ok) return rows
  const after = { minWrite: op.minWrite, minReact: op.minReact }
  const cut = { pos: judging.pos, role: roles.none, rows: rows.value, before, after }
  const changed: DocRow = { ...row, minimums: dated(row.minimums, judging.pos, after), cuts: raised ? [...row.cuts, cut] : row.cuts }
  judging.state.docs.set(row.prefix, changed)
  if (raised) changeGlobals(judging.state, { cutVersion: draftGlobals(judging.state).cutVersion + 1 })
  return null
}

export function judgeAdmitLate({ state, pos }: Judging, author: Author, op: ScopeOpOf<'admit-late'>): Verdict {
  if (op.seq === 0 || !state.docs.draft(prefixOf(op.topic))) return refuse('unknown-doc')
  const device = state.devices.draft(op.device)
  if (!device) return refuse('unknown-device')
  const byAdmin = author.role >= roles.admin
  const byUserOfLost = device.user === author.row.user && device.revokedPos !== null
  if (!byAdmin && !byUserOfLost) return refuse('no-right')
  const key = pairKey(op.topic, op.device)
  state.late.set(key, [...(state.late.draft(key) ?? []), { pos, seq: op.seq, id: op.envelope, byAdmin }])
  changeGlobals(state, { cutVersion: draftGlobals(state).cutVersion + 1 })
  return null
}
