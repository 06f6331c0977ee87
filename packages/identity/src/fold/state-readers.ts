/** One reader for each kind of row but the first. */
import { idFromBytes, toHex } from '@poruch/base'
import type { EntryId, UserId } from '@poruch/base'
import { maxInvitationUses } from '../bounds.ts'
import type { CborValue } from '../cbor.ts'
import { IdentityError } from '../errors.ts'
import { roles } from '../roles.ts'
import { asBytes, asId, asList, asOptional, asSized, asTuple, asUint, hashSizeBytes, keySizeBytes, maxU48 } from '../shape.ts'
import { wrappedSecretSizeBytes } from '../user-log/ops.ts'
import type { UserDevice } from '../user-log/state.ts'
import { asBit, asCount, asEnds, asHistory, asPosOrNone, asPrefix, asRole, asRows } from './state-fields.ts'
import type { Row } from './state-fields.ts'
import { entriesPerRow, rowKinds } from './state-rows.ts'
import { indexLength } from './state.ts'
import type { State } from './state.ts'

type Restore = (state: State, row: Row) => void

function missing(what: string): IdentityError {
  return new IdentityError('bad-shape', `a row of no ${what}`)
}

function restoreEntries(state: State, row: Row): void {
  const [, first, ids] = asTuple(row, 3)
  const bytes = asBytes(ids, entriesPerRow * hashSizeBytes)
  if (bytes.length % hashSizeBytes !== 0) throw new IdentityError('bad-shape', 'a part of an entry id')
  for (let at = 0; at < bytes.length; at += hashSizeBytes) {
    const id: EntryId = idFromBytes(bytes.subarray(at, at + hashSizeBytes))
    state.entries.set(asCount(first) + at / hashSizeBytes, id)
  }
}

function restoreUser(state: State, row: Row): void {
  const [, id, sign, hpke, head, seq, puk, devices, held, joined, removed, lostAdmin] = asTuple(row, 12)
  const user = asId<'user'>(id)
  const [gen, publicKey] = asList(puk, 2)
  const log = {
    user,
    recoverySign: asSized(sign, keySizeBytes),
    recoveryHpke: asSized(hpke, keySizeBytes),
    head: asId<'entry'>(head),
    seq: asCount(seq),
    puk: gen === undefined ? null : { gen: asCount(gen), publicKey: asSized(publicKey, keySizeBytes) },
    devices: asRows(devices).map((item) => restoreDevice(state, user, item)),
  }
  state.users.set(user, {
    user,
    log,
    roles: asHistory(held, 1, ([role]) => asRole(role)),
    joinedPos: asCount(joined),
    wasRemoved: asBit(removed),
    lostAdminPos: asPosOrNone(lostAdmin),
    cuts: [],
  })
}

function restoreDevice(state: State, user: UserId, item: CborValue): UserDevice {
  const [id, hpke, transport, live, added, revoked] = asTuple(item, 6)
  const device = asId<'device'>(id)
  const revokedPos = asPosOrNone(revoked)
  state.indexes.set(device.slice(0, indexLength), device)
  state.devices.set(device, { device, user, addedPos: asCount(added), revokedPos: revokedPos < 0 ? null : revokedPos, cut: null })
  return { device, hpke: asSized(hpke, keySizeBytes), transport: asSized(transport, keySizeBytes), live: asBit(live) }
}

function restoreUserCut(state: State, row: Row): void {
  const [, id, pos, role, ends] = asTuple(row, 5)
  const user = state.users.draft(asId(id))
  if (!user) throw missing('user')
  const cut = { pos: asCount(pos), role: asRole(role), rows: asEnds(ends) }
  state.users.set(user.user, { ...user, cuts: [...user.cuts, cut].toSorted((a, b) => a.pos - b.pos) })
}

function restoreDeviceCut(state: State, row: Row): void {
  const [, id, pos, ends] = asTuple(row, 4)
  const device = state.devices.draft(asId(id))
  if (!device) throw missing('device')
  state.devices.set(device.device, { ...device, cut: { pos: asCount(pos), role: roles.none, rows: asEnds(ends) } })
}

function restoreDoc(state: State, row: Row): void {
  const [, bytes, kind, author, added, minimums] = asTuple(row, 6)
  const prefix = asPrefix(bytes)
  state.docs.set(prefix, {
    prefix,
    kind: asCount(kind),
    author: asId(author),
    addedPos: asCount(added),
    minimums: asHistory(minimums, 2, ([minWrite, minReact]) => ({ minWrite: asRole(minWrite), minReact: asRole(minReact) })),
    cuts: [],
  })
}

function restoreDocCut(state: State, row: Row): void {
  const [, prefix, pos, minimums, ends] = asTuple(row, 5)
  const doc = state.docs.draft(asPrefix(prefix))
  if (!doc) throw missing('document')
  const [writeBefore, reactBefore, write, react] = asTuple(minimums, 4).map(asRole)
  const before = { minWrite: writeBefore ?? roles.owner, minReact: reactBefore ?? roles.owner }
  const after = { minWrite: write ?? roles.owner, minReact: react ?? roles.owner }
  const cut = { pos: asCount(pos), role: roles.none, rows: asEnds(ends), before, after }
  state.docs.set(doc.prefix, { ...doc, cuts: [...doc.cuts, cut].toSorted((a, b) => a.pos - b.pos) })
}

function restoreInvitation(state: State, row: Row): void {
  const [, invitation, terms, author, pos, revoked, users] = asTuple(row, 7)
  const [role, expires, maxUses, policy] = asTuple(terms, 4)
  const id = asId<'invitation'>(invitation)
  const admitted = asList(users, maxInvitationUses).map((user) => asId<'user'>(user))
  for (const user of admitted) state.admissions.set(id + user, true)
  state.invitations.set(id, {
    id,
    role: asRole(role),
    expiresAtMs: asUint(expires, maxU48),
    maxUses: asCount(maxUses),
    policy: asBit(policy) ? 'auto' : 'approval',
    author: asId(author),
    pos: asCount(pos),
    revoked: asBit(revoked),
    uses: admitted.length,
  })
}

function restoreEpoch(state: State, row: Row): void {
  const [, gen, id, pos, commitment, wrapped] = asTuple(row, 6)
  const keyCommitment = asSized(commitment, hashSizeBytes)
  const prevWrapped = asOptional(wrapped, wrappedSecretSizeBytes)
  state.epochs.set(asCount(gen), { id: asId(id), gen: asCount(gen), pos: asCount(pos), keyCommitment, prevWrapped })
}

function restoreLate(state: State, row: Row): void {
  const [, pair, items] = asTuple(row, 3)
  const late = asRows(items).map((item) => {
    const [pos, seq, id, byAdmin] = asTuple(item, 4)
    return { pos: asCount(pos), seq: asCount(seq), id: asId<'envelope'>(id), byAdmin: asBit(byAdmin) }
  })
  state.late.set(toHex(asSized(pair, 2 * hashSizeBytes)), late)
}

function restoreAnchor(state: State, row: Row): void {
  const [, id, snapshot, root, given, ends] = asTuple(row, 6)
  const topic = asId<'topic'>(id)
  const votes = asRows(given).map((item) => {
    const [pos, user, byAdmin, needed] = asTuple(item, 4)
    return { pos: asCount(pos), user: asId<'user'>(user), byAdmin: asBit(byAdmin), needed: asCount(needed) }
  })
  const anchor = { snapshot: asSized(snapshot, hashSizeBytes), frontierRoot: asSized(root, hashSizeBytes), rows: asEnds(ends), votes }
  state.anchors.set(topic, [...(state.anchors.draft(topic) ?? []), anchor])
}

/** In the order in which they build on each other. */
export const restorers: readonly (readonly [number, Restore])[] = [
  [rowKinds.entries, restoreEntries],
  [rowKinds.user, restoreUser],
  [rowKinds.userCut, restoreUserCut],
  [rowKinds.deviceCut, restoreDeviceCut],
  [rowKinds.doc, restoreDoc],
  [rowKinds.docCut, restoreDocCut],
  [rowKinds.invitation, restoreInvitation],
  [rowKinds.epoch, restoreEpoch],
  [rowKinds.late, restoreLate],
  [rowKinds.anchor, restoreAnchor],
]
