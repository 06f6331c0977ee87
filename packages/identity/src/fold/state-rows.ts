/** The state as rows of canonical bytes: what a Checkpoint commits to. See docs/PROTOCOL.md, "State". */
import { compareBytes, concatBytes, emptyBytes, idToBytes, parseHex } from '@poruch/base'
import type { Bytes, EntryId } from '@poruch/base'
import { encodeCbor } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import type { History } from './history.ts'
import { draftGlobals } from './state.ts'
import type { Anchor, ChainEnd, Cut, DocRow, InvitationRow, Late, MinimumCut, State, UserRow } from './state.ts'

export const rowKinds = {
  globals: 0,
  entries: 1,
  user: 2,
  userCut: 3,
  deviceCut: 4,
  doc: 5,
  docCut: 6,
  invitation: 7,
  epoch: 8,
  late: 9,
  anchor: 10,
} as const

/** Entry ids in one row. */
export const entriesPerRow = 256

/** All rows of the draft's state, in order of their bytes. O(state). */
export function stateRows(state: State): readonly Bytes[] {
  const rows: CborValue[] = [globalsRow(state), ...entryRows(state)]
  state.users.eachDraft((row) => rows.push(userRow(state, row), ...row.cuts.map((cut) => userCutRow(row, cut))))
  state.devices.eachDraft((row) => {
    if (row.cut) rows.push([rowKinds.deviceCut, idToBytes(row.device), row.cut.pos, endsToCbor(row.cut.rows)])
  })
  state.docs.eachDraft((row) => rows.push(docRow(row), ...row.cuts.map((cut) => docCutRow(row, cut))))
  const admitted = admittedBy(state)
  state.invitations.eachDraft((row) => rows.push(invitationRow(row, admitted.get(row.id) ?? [])))
  state.epochs.eachDraft((row) => rows.push([rowKinds.epoch, row.gen, idToBytes(row.id), row.pos, row.keyCommitment, row.prevWrapped]))
  state.late.eachDraft((list, key) => rows.push([rowKinds.late, hex(key), list.map(lateToCbor)]))
  state.anchors.eachDraft((list, topic) => rows.push(...list.map((anchor) => anchorRow(hex(topic), anchor))))
  return rows.map(encodeCbor).toSorted(compareBytes)
}

function hex(text: string): Bytes {
  return parseHex(text) ?? emptyBytes
}

function datedToCbor<Value>(history: History<Value>, value: (value: Value) => readonly CborValue[]): CborValue {
  return history.map((dated) => [dated.pos, ...value(dated.value)])
}

function globalsRow(state: State): CborValue {
  const globals = draftGlobals(state)
  return [
    rowKinds.globals,
    1,
    globals.scope ? idToBytes(globals.scope) : emptyBytes,
    globals.sequencer ?? emptyBytes,
    globals.term,
    globals.takeOvers,
    globals.formerSequencers,
    globals.historyPolicy,
    globals.checkpointPos + 1,
    globals.ownerTerm,
    Number(globals.epochDue),
    datedToCbor(globals.minGens, (gen) => [gen]),
    globals.autoClosedPos + 1,
  ]
}

function entryRows(state: State): CborValue[] {
  const ids: EntryId[] = []
  const length = (draftGlobals(state).head?.pos ?? -1) + 1
  for (let pos = 0; pos < length; pos++) ids.push(state.entries.draft(pos) ?? ('' as EntryId))
  return Array.from({ length: Math.ceil(length / entriesPerRow) }, (_, index) => {
    const first = index * entriesPerRow
    return [rowKinds.entries, first, concatBytes(...ids.slice(first, first + entriesPerRow).map(idToBytes))]
  })
}

function userRow(state: State, row: UserRow): CborValue {
  const { log } = row
  const devices = log.devices.map(({ device, hpke, transport, live }) => {
    const known = state.devices.draft(device)
    return [idToBytes(device), hpke, transport, Number(live), known?.addedPos ?? 0, (known?.revokedPos ?? -1) + 1]
  })
  return [
    rowKinds.user,
    idToBytes(row.user),
    log.recoverySign,
    log.recoveryHpke,
    idToBytes(log.head),
    log.seq,
    log.puk ? [log.puk.gen, log.puk.publicKey] : [],
    devices,
    datedToCbor(row.roles, (role) => [role]),
    row.joinedPos,
    Number(row.wasRemoved),
    row.lostAdminPos + 1,
  ]
}

/** Pairs of topic and device are 64 bytes, in their order. */
function endsToCbor(ends: ReadonlyMap<string, ChainEnd>): CborValue {
  return [...ends].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([pair, end]) => [hex(pair), end.seq, idToBytes(end.id)])
}

function userCutRow(row: UserRow, cut: Cut): CborValue {
  return [rowKinds.userCut, idToBytes(row.user), cut.pos, cut.role, endsToCbor(cut.rows)]
}

function docRow(row: DocRow): CborValue {
  const minimums = datedToCbor(row.minimums, ({ minWrite, minReact }) => [minWrite, minReact])
  return [rowKinds.doc, hex(row.prefix), row.kind, idToBytes(row.author), row.addedPos, minimums]
}

function docCutRow(row: DocRow, { pos, before, after, rows }: MinimumCut): CborValue {
  const minimums = [before.minWrite, before.minReact, after.minWrite, after.minReact]
  return [rowKinds.docCut, hex(row.prefix), pos, minimums, endsToCbor(rows)]
}

/** Users by the invitation that they came in by, sorted. */
function admittedBy(state: State): ReadonlyMap<string, readonly Bytes[]> {
  const keys: string[] = []
  state.admissions.eachDraft((_, key) => keys.push(key))
  const lists = new Map<string, Bytes[]>()
  for (const key of keys.toSorted()) {
    const invitation = key.slice(0, 64)
    const list = lists.get(invitation) ?? []
    list.push(hex(key.slice(64)))
    lists.set(invitation, list)
  }
  return lists
}

function invitationRow(row: InvitationRow, users: readonly Bytes[]): CborValue {
  const policy = row.policy === 'auto' ? 1 : 0
  const terms = [row.role, row.expiresAtMs, row.maxUses, policy]
  return [rowKinds.invitation, idToBytes(row.id), terms, idToBytes(row.author), row.pos, Number(row.revoked), users]
}

function lateToCbor(late: Late): CborValue {
  return [late.pos, late.seq, idToBytes(late.id), Number(late.byAdmin)]
}

function anchorRow(topic: Bytes, { snapshot, frontierRoot, rows, votes }: Anchor): CborValue {
  const given = votes.map((vote) => [vote.pos, idToBytes(vote.user), Number(vote.byAdmin), vote.needed])
  return [rowKinds.anchor, topic, snapshot, frontierRoot, given, endsToCbor(rows)]
}
