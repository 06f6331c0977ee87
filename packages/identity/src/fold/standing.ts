/** What the cuts and late admissions say of one envelope. */
import type { EnvelopeId } from '@poruch/base'
import type { EnvelopePlace, Standing } from '../fold-api.ts'
import { roles } from '../roles.ts'
import { pairKey } from '../scope-log/cuts.ts'
import { prefixOf } from '../scope-log/topics.ts'
import { anchoredEnds } from './anchors.ts'
import { valueAt } from './history.ts'
import { minRoleOf } from './minimums.ts'
import type { Cut, DeviceRow, DocRow, State, UserRow } from './state.ts'

type OnChain = (seq: number, id: EnvelopeId) => boolean

/**
 * Void when a cut binds the envelope and its chain does not end in the cut's row, unless it was admitted late. Topics that this log
 * does not name (1:1 chats) are not its matter: they stand. O(cuts of this author, device and document).
 */
export function standingOf(state: State, place: EnvelopePlace, onChain: OnChain): Standing {
  const doc = state.docs.get(prefixOf(place.topic))
  if (!doc) return 'stands'
  const device = state.devices.get(place.device)
  const user = device && state.users.get(device.user)
  if (!device || !user) return 'void'
  const key = pairKey(place.topic, place.device)
  const keeps = (cut: Cut, revocation: boolean): boolean => {
    const row = cut.rows.get(key)
    if (row && onChain(row.seq, row.id)) return true
    const anchored = anchoredEnds(state, { topic: place.topic, device: place.device, user: user.user }, cut.pos)
    if (anchored.some((end) => onChain(end.seq, end.id))) return true
    // Only what came after the cut can overrule it: else one could provide for one's own removal.
    return (state.late.get(key) ?? []).some((late) => late.pos > cut.pos && (late.byAdmin || revocation) && onChain(late.seq, late.id))
  }
  const others = bindingCuts({ doc, user, place })
  const stands = others.every((cut) => keeps(cut, false)) && revocationsOf(device, place).every((cut) => keeps(cut, true))
  return stands ? 'stands' : 'void'
}

function revocationsOf(device: DeviceRow, place: EnvelopePlace): Cut[] {
  return device.cut && device.cut.pos > place.pos ? [device.cut] : []
}

/** Cuts after the envelope's position. At and after a cut the role decides; a right restored later never revives what was cut. */
function bindingCuts({ doc, user, place }: { doc: DocRow; user: UserRow; place: EnvelopePlace }): Cut[] {
  const byRole = user.cuts.filter((cut) => {
    const minimum = valueAt(doc.minimums, cut.pos)
    return cut.pos > place.pos && minimum !== undefined && cut.role < minRoleOf(place.topic, minimum)
  })
  const byMinimum = doc.cuts.filter((cut) => {
    if (cut.pos <= place.pos) return false
    const role = valueAt(user.roles, cut.pos) ?? roles.none
    return role >= minRoleOf(place.topic, cut.before) && role < minRoleOf(place.topic, cut.after)
  })
  return [...byRole, ...byMinimum]
}
