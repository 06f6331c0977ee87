/** B21: the fold of a large scope log, beside the signature checks alone; one more entry of it; and a newcomer's start at its Checkpoint. */
import type { Random } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import type { Suite, VerifySuite } from '@poruch/crypto'
import { draftAddDoc, draftAdmit, draftCheckpoint, draftSetRole, newPrefix, nextPlace, propose, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { docKinds, makeScopeFold, roles } from '@poruch/identity/fold'
import { makeStart, openStart } from '@poruch/identity/start'
import type { RecordBytes } from '@poruch/identity/fold'
import { authorOf, makePerson } from '../fixtures/person.ts'
import type { Person } from '../fixtures/person.ts'
import { foundWorld } from '../fixtures/world.ts'
import type { World } from '../fixtures/world.ts'
import { elapsedMs, figure, inTurns, median, pairedRatio } from './pairs.ts'
import { isMet } from './record.ts'
import type { BenchRecord, Target } from './record.ts'
import { defineRow } from './row.ts'
import type { Plan } from './row.ts'

interface Size {
  readonly entries: number
  readonly members: number
  /** Entries that are folded one by one at the end. */
  readonly more: number
}

type Check = Parameters<VerifySuite['verify']>

/** As many at once as the fold itself checks. */
const checksAtOnce = 256
/** Entries that are ordered together when the log is made. */
const batchSize = 500
/** People that are made at once. */
const peopleAtOnce = 64

const cold: Target = { text: '≤1.2x the signature checks alone', most: 1.2 }
const warm: Target = { text: '≤5 ms', most: 1 }
const warmMs = 5
/** A twelfth was shown; an eighth leaves room for noise, and for logs whose owners have changed more. */
const short: Target = { text: '≤0.125x the whole fold', most: 0.125 }

export const scopeFold = defineRow<Size>({
  id: 'B21',
  title: 'fold of a scope log',
  sizes: { full: { entries: 10_000, members: 5_000, more: 50 }, tiny: { entries: 30, members: 10, more: 3 } },
  measure: async (plan) => measure(plan),
})

async function measure({ size, pairs }: Plan<Size>): Promise<readonly BenchRecord[]> {
  const suite = webCryptoSuite()
  const world = await worldOf(suite, systemRandom, size)
  const records = [...world.records]
  const checks = await checksOf(suite, world, records)
  const fold = async (): Promise<number> => elapsedMs(async () => foldAll(suite, world, records))
  const verify = async (): Promise<number> => elapsedMs(async () => checkAll(suite, checks))
  const samples = await inTurns(pairs, { fold, verify })
  const ratio = pairedRatio(samples.fold, samples.verify)
  const start = await startOf(world)
  const begun = await inTurns(pairs, { start: async () => elapsedMs(async () => begin(world, start)), fold })
  const share = pairedRatio(begun.start, begun.fold)
  const more = await foldMore(world, size.more)
  const work = `${records.length} entries, ${size.members} members`
  return [
    {
      id: 'B21',
      work: `${work}, cold (${checks.length} signatures)`,
      ours: figure('fold', 'ms', samples.fold),
      peers: [],
      limit: figure('signature checks', 'ms', samples.verify),
      ratio,
      target: cold.text,
      met: isMet(ratio, cold),
    },
    {
      id: 'B21',
      work: `${work}, one more entry`,
      ours: figure('fold', 'ms', more),
      peers: [],
      limit: null,
      ratio: median(more) / warmMs,
      target: warm.text,
      met: isMet(median(more) / warmMs, warm),
    },
    {
      id: 'B21',
      work: `${work}, from a checkpoint (${Math.round(start.length / 1024)} KiB)`,
      ours: figure('start', 'ms', begun.start),
      peers: [],
      limit: figure('fold', 'ms', begun.fold),
      ratio: share,
      target: short.text,
      met: isMet(share, short),
    },
  ]
}

/** Half of the entries admit, the others raise roles and add documents. */
async function worldOf(suite: Suite, random: Random, { entries, members }: Size): Promise<World> {
  const founder = await makePerson(suite, random, 'founder')
  const world = await foundWorld({ suite, random, people: [founder] })
  const people: Person[] = []
  while (people.length < members - 1) {
    const count = Math.min(peopleAtOnce, members - 1 - people.length)
    people.push(...(await Promise.all(Array.from({ length: count }, async (_, at) => makePerson(suite, random, `p${people.length + at}`)))))
  }
  const drafts: Draft[] = people.map(({ userId, identity }) => draftAdmit({ user: userId, role: roles.viewer, entries: identity.userLog }))
  for (const { userId } of people.slice(0, Math.floor(people.length * 0.9))) {
    drafts.push(await draftSetRole(suite, { user: userId, role: roles.editor, cuts: null }))
  }
  while (drafts.length + world.records.length < entries) drafts.push(addDocument(random))
  for (let from = 0; from < drafts.length; from += batchSize) {
    const batch = drafts.slice(from, from + batchSize)
    const judged = await world.order(await proposeAll(suite, nextPlace(world.fold), { drafts: batch, author: authorOf(founder) }))
    if (!judged.ok) throw new Error(`refused: ${judged.reason}`)
  }
  return world
}

function addDocument(random: Random): Draft {
  return draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer })
}

async function foldAll(suite: VerifySuite, world: World, records: readonly RecordBytes[]): Promise<void> {
  const judged = await makeScopeFold({ suite, scope: world.scope }).apply(records)
  if (!judged.ok) throw new Error(`refused: ${judged.reason}`)
}

/** What the fold asks the suite to verify. */
async function checksOf(suite: Suite, world: World, records: readonly RecordBytes[]): Promise<readonly Check[]> {
  const checks: Check[] = []
  const verify: VerifySuite['verify'] = async (...check) => {
    checks.push(check)
    return suite.verify(...check)
  }
  await foldAll({ ...suite, verify }, world, records)
  return checks
}

async function checkAll(suite: VerifySuite, checks: readonly Check[]): Promise<void> {
  for (let from = 0; from < checks.length; from += checksAtOnce) {
    const page = await Promise.all(checks.slice(from, from + checksAtOnce).map(async (check) => suite.verify(...check)))
    if (page.includes(false)) throw new Error('a signature is not good')
  }
}

/** What a newcomer is given once an owner has written a Checkpoint at the end. */
async function startOf(world: World): Promise<Uint8Array> {
  await world.propose('founder', draftCheckpoint(await world.fold.stateRoot()))
  const bytes = await makeStart(world.fold, world.records)
  if (!bytes) throw new Error('no start')
  return bytes
}

async function begin({ suite, scope }: World, bytes: Uint8Array): Promise<void> {
  const judged = await openStart(suite, scope, bytes)
  if (!judged.ok) throw new Error(`refused: ${judged.reason}`)
}

async function foldMore(world: World, count: number): Promise<readonly number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const { suite, fold } = world
    const { record } = await propose(suite, nextPlace(fold), {
      draft: addDocument(world.random),
      author: authorOf(world.person('founder')),
    })
    samples.push(
      await elapsedMs(async () => {
        const judged = await fold.apply([record], { proposal: true })
        if (!judged.ok) throw new Error(`refused: ${judged.reason}`)
      }),
    )
  }
  return samples
}
