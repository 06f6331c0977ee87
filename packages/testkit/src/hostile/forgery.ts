/** Entries of the membership log as a relay makes them that has its own key, and the keys of whoever helps it. */
import type { Bytes } from '@poruch/base'
import type { SigningKey } from '@poruch/crypto'
import { nextPlace, propose } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { countersign, decodeEntry, decodeRecord, encodeRecord, entryIdOf, makeScopeFold } from '@poruch/identity/fold'
import type { MemberInfo, ScopeFold } from '@poruch/identity/fold'
import { until } from '../kill9/patience.ts'
import { recordsOf } from './members.ts'
import type { Member } from './members.ts'
import type { World } from './world.ts'

/** The log as a member has it. @throws Error when it does not fold */
export async function foldOf({ suite, scope }: World, member: Member): Promise<ScopeFold> {
  const fold = makeScopeFold({ suite, scope })
  const judged = await fold.apply(await recordsOf(member))
  if (!judged.ok) throw new Error(`the log of ${member.name} is refused: ${judged.reason}`)
  return fold
}

export function memberIn(fold: ScopeFold, member: Member): MemberInfo {
  const found = fold.member(member.user)
  if (!found) throw new Error(`${member.name} is no member`)
  return found
}

export interface Forgery {
  readonly draft: Draft
  /** Who signs. */
  readonly device: SigningKey
  readonly userLogHead: MemberInfo['userLogHead']
}

/** The next entry of the log, ordered by the relay whatever it says. */
export async function forgeEntry(world: World, { draft, device, userLogHead }: Forgery): Promise<Bytes> {
  const place = nextPlace(await foldOf(world, world.alice))
  const { record } = await propose(world.suite, place, { draft, author: { device, userLogHead } })
  return orderedBy(world, record)
}

/** A proposed record, countersigned with the relay's key. */
export async function orderedBy({ suite, sequencer, scope }: World, proposed: Bytes): Promise<Bytes> {
  const record = decodeRecord(proposed)
  const { pos, prev } = decodeEntry(record.entry)
  const id = await entryIdOf(suite, record.entry)
  return encodeRecord({ ...record, countersignature: await countersign(suite, sequencer, { scope, pos, id, prev }) })
}

/** Shows records to all that are honest, and waits until each has refused them. */
export async function orderForged({ proxy, honest, scope }: World, records: readonly Bytes[]): Promise<void> {
  for (const member of honest) {
    const before = member.heard('log-refused')
    proxy.lineOf(member.id).toDevice({ type: 'ORDERED', scope, records })
    await until(`${member.name} refuses it`, () => member.heard('log-refused') > before)
  }
}
