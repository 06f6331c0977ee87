/** Makes entries where a test wants them: on branches, under other sequencers, as proposals. */
import { expect } from 'vitest'
import { countersign, decodeEntry, decodeRecord, docKinds, encodeRecord, roles } from '@poruch/identity/fold'
import { importState } from '@poruch/identity/start'
import type { RecordBytes, ScopeFold } from '@poruch/identity/fold'
import { approve, approveSequencer, draftAddDoc, draftSetRole, draftSetSequencer, newPrefix, proposeAll } from '@poruch/identity'
import type { Draft, LogPlace } from '@poruch/identity'
import type { Bytes, Random } from '@poruch/base'
import type { SigningKey } from '@poruch/crypto'
import { authorOf } from '@poruch/testkit/fixtures'
import type { World } from '@poruch/testkit/fixtures'

export interface BranchingSteps {
  doc(): Draft
  branch(place: LogPlace, drafts: readonly Draft[], options?: { by?: string; key?: SigningKey | null }): Promise<RecordBytes[]>
  takeOverDraft(
    place: LogPlace,
    options?: { readonly signers?: readonly string[]; readonly term?: number; readonly sequencer?: Bytes },
  ): Promise<Draft>
  makeOwner(name: string, owners: readonly string[]): Promise<void>
  reason(fold: ScopeFold, records: readonly RecordBytes[]): Promise<string>
  takeOver(fold: ScopeFold, records: readonly RecordBytes[]): Promise<string>
}

/** A channel of its own. */
export function someDoc(random: Random): Draft {
  return draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer })
}

export function headPosOf(fold: ScopeFold): number {
  return fold.head()?.pos ?? 0
}

/** Records at a place, countersigned by the world's sequencer, by `key` or, for null, by nobody. */
export async function branchAt(
  world: World,
  place: LogPlace,
  { drafts, by, key = world.sequencer }: { drafts: readonly Draft[]; by: string; key?: SigningKey | null },
): Promise<RecordBytes[]> {
  const { suite } = world
  const proposals = await proposeAll(suite, place, { drafts, author: authorOf(world.person(by)) })
  let { prev } = place
  const records: RecordBytes[] = []
  for (const { entry, cutList, id, next } of proposals) {
    const order = { scope: next.scope, pos: next.pos - 1, id, prev }
    const countersignature = key ? await countersign(suite, key, order) : new Uint8Array()
    records.push(encodeRecord({ entry, countersignature, cutList }))
    prev = id
  }
  return records
}

/** A take-over at the place, approved by the named. */
export async function takeOverAt(
  world: World,
  place: LogPlace,
  { signers = [], term = 1, sequencer }: { signers?: readonly string[]; term?: number; sequencer: Bytes },
): Promise<Draft> {
  if (!place.prev) throw new Error('nothing is taken over before the genesis')
  const what = { term, at: place.pos - 1, sequencer }
  const signed = { ...what, scope: world.scope, atId: place.prev }
  const approvals = await Promise.all(
    signers.map(async (name) => approveSequencer(world.suite, world.person(name).identity.device, signed)),
  )
  return draftSetSequencer({ ...what, approvals })
}

/** Makes or unmakes an owner with the approval of the named. */
export async function ownerDraft(world: World, name: string, { owners, role }: { owners: readonly string[]; role: 4 | 5 }): Promise<Draft> {
  const { suite, scope } = world
  const change = { user: world.person(name).userId, role }
  const terms = { scope, ownerTerm: world.fold.ownerTerm(), ...change }
  const approvals = await Promise.all(owners.map(async (owner) => approve(suite, world.person(owner).identity.device, terms)))
  return draftSetRole(suite, { ...change, cuts: role === roles.owner ? null : [], approvals })
}

/** The steps of a scene in which branches are made and taken over; `at` gives what its tests make anew each time. */
export function branchingSteps(random: Random, at: () => { readonly world: World; readonly steward: SigningKey }): BranchingSteps {
  return {
    doc: () => someDoc(random),
    branch: async (place, drafts, options = {}) => branchAt(at().world, place, { drafts, by: 'ann', ...options }),
    takeOverDraft: async (place, options = {}) => takeOverAt(at().world, place, { sequencer: at().steward.publicKey, ...options }),
    makeOwner: async (name, owners) => {
      await at().world.propose('ann', await ownerDraft(at().world, name, { owners, role: roles.owner }))
    },
    reason: async (fold, records) => outcomeOf(fold.apply(records)),
    takeOver: async (fold, records) => outcomeOf(fold.takeOver(records)),
  }
}

export async function outcomeOf(judging: ReturnType<ScopeFold['apply' | 'takeOver' | 'noteBranch']>): Promise<string> {
  const judged = await judging
  return judged.ok ? 'taken' : judged.reason
}

/** A newcomer who starts at the last checkpoint comes to the same state. */
export async function startAgain({ suite, scope, fold, records }: World): Promise<void> {
  const exported = await fold.exportState()
  const checkpoint = exported && records[exported.pos]
  if (!checkpoint) return
  const owner = decodeEntry(decodeRecord(checkpoint).entry).device
  const started = await importState({ suite, scope, state: exported.state, checkpoint, owner })
  if (!started.ok) throw new Error(started.reason)
  expect(await started.value.apply(records.slice(exported.pos + 1))).toMatchObject({ ok: true })
  expect(await started.value.stateRoot()).toEqual(await fold.stateRoot())
}
