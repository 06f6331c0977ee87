/** The real relay process over a database that was filled beforehand: a workspace of any size without its history of joining. */
import { join } from 'node:path'
import { openSqliteRelayLog } from '@poruch/adapters-node'
import { copyBytes, equalBytes } from '@poruch/base'
import type { Bytes, Random, TopicId } from '@poruch/base'
import { systemRandom, webCryptoSuite } from '@poruch/crypto'
import { draftAddDoc, draftAdmit, newPrefix, nextPlace, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { docKinds, roles, topicIdOf } from '@poruch/identity/fold'
import type { RelayLog } from '@poruch/sync/relay-log'
import { mkdir, writeFile } from 'node:fs/promises'
import { authorOf, makePerson } from '../fixtures/person.ts'
import type { Person } from '../fixtures/person.ts'
import { foundWorld } from '../fixtures/world.ts'
import type { World } from '../fixtures/world.ts'
import { makeRelayProcess } from '../kill9/relay-process.ts'
import { childWith } from './child-process.ts'

export interface FilledWorld {
  readonly world: World
  /** The founder is the first. */
  readonly people: readonly Person[]
  /** The message topics of its channels. */
  readonly topics: readonly TopicId[]
  /** Of the key that orders its log. */
  readonly sequencerSeed: Bytes
}

export interface FilledRelay extends FilledWorld {
  readonly origin: string
  readonly pid: number
  stop(): Promise<void>
}

const batchSize = 500
const peopleAtOnce = 64
const seedSizeBytes = 32
const rowsAtOnce = 200
/** One machine plays all devices: the relay is told to expect them. */
const expected = { PORUCH_DEVICES_PER_ADDRESS: '20000' }

export async function makeFilledWorld(members: number, topicCount: number): Promise<FilledWorld> {
  const seeds: Bytes[] = []
  const random: Random = {
    bytes: (length) => {
      const bytes = systemRandom.bytes(length)
      if (length === seedSizeBytes) seeds.push(copyBytes(bytes))
      return bytes
    },
  }
  const suite = webCryptoSuite(random)
  const people: Person[] = []
  while (people.length < members) {
    const count = Math.min(peopleAtOnce, members - people.length)
    const from = people.length
    people.push(...(await Promise.all(Array.from({ length: count }, async (_, index) => makePerson(suite, random, `p${from + index}`)))))
  }
  const [founder] = people
  if (!founder) throw new Error('a workspace needs a founder')
  seeds.length = 0
  const world = await foundWorld({ suite, random, people })
  const drafts: Draft[] = people
    .slice(1)
    .map(({ userId, identity }) => draftAdmit({ user: userId, role: roles.editor, entries: identity.userLog }))
  const prefixes = Array.from({ length: topicCount }, () => newPrefix(random))
  for (const prefix of prefixes)
    drafts.push(draftAddDoc({ prefix, docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer }))
  for (let from = 0; from < drafts.length; from += batchSize) {
    const batch = drafts.slice(from, from + batchSize)
    const judged = await world.order(await proposeAll(suite, nextPlace(world.fold), { drafts: batch, author: authorOf(founder) }))
    if (!judged.ok) throw new Error(`refused: ${judged.reason}`)
  }
  return { world, people, topics: prefixes.map((prefix) => topicIdOf(prefix, 0)), sequencerSeed: await seedOf(world, seeds) }
}

async function seedOf({ suite, sequencer }: World, seeds: readonly Bytes[]): Promise<Bytes> {
  for (const seed of seeds) {
    const key = await suite.signingKeyFromSeed(copyBytes(seed))
    if (equalBytes(key.publicKey, sequencer.publicKey)) return seed
  }
  throw new Error('the sequencer was not made of these bytes')
}

/** Writes the workspace into a data folder, then whatever `fill` adds, and starts the relay over it. */
export async function startFilledRelay(folder: string, filled: FilledWorld, fill: (log: RelayLog) => Promise<void>): Promise<FilledRelay> {
  const dataFolder = join(folder, 'relay')
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  await writeFile(join(dataFolder, 'sequencer.key'), filled.sequencerSeed, { mode: 0o600 })
  const log = await openSqliteRelayLog({ path: join(dataFolder, 'relay.db') })
  const rows = filled.world.records.map((record, pos) => ({ scope: filled.world.scope, pos, record }))
  for (let from = 0; from < rows.length; from += rowsAtOnce) await log.appendScope(rows.slice(from, from + rowsAtOnce))
  await fill(log)
  await log.close()
  Object.assign(process.env, expected)
  const relay = await makeRelayProcess({ dataFolder })
  await relay.start()
  return { ...filled, origin: relay.origin, pid: childWith(dataFolder), stop: async () => void (await relay.stop()) }
}
