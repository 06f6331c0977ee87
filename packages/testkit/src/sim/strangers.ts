/** Those who may not: a stranger without any right, and a removed member whose envelopes others carry. */
import { concatBytes, idFromBytes, idToBytes, makeByteWriter } from '@poruch/base'
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import type { LogRow } from '@poruch/sync'
import { decodeEnvelope, encodeFrame, encodeHeader, envelopeSignatureDomain, hintOf, lamportLimit } from '@poruch/sync/wire'
import type { Frame } from '@poruch/sync/wire'
import type { Cast, Person } from './people.ts'

/** Refs that no honest session of a schedule reaches. */
const foreignRef = 4_000_000_000
const maxReplayed = 8

/** An accomplice among the members hands on whatever the removed one has written, to relay and peers alike. */
export async function replayOfRemoved(cast: Cast, person: Person): Promise<void> {
  for (const { topic, row } of (await rowsOf(cast, person)).slice(-maxReplayed)) inject(cast, topic, row.bytes, [person.name])
}

/** Mallory asks for a session, dials a member, and slips forged envelopes into links. */
export async function attackAsStranger(cast: Cast): Promise<void> {
  const { world, chance, people } = cast
  const mallory = await world.suite.generateSigningKey()
  await askForSession(cast, mallory)
  const victims = people.filter(({ stage }) => stage === 'member')
  const rows = await rowsOf(cast, chance.pick(victims))
  const last = rows.at(-1)
  if (!last) return
  const forged = await forge(cast, mallory, last.row)
  for (const bytes of forged) inject(cast, last.topic, bytes, [])
}

async function askForSession({ world }: Cast, mallory: Awaited<ReturnType<Cast['world']['suite']['generateSigningKey']>>): Promise<void> {
  const core = world.relay.core()
  if (!core) return
  const challenge = core.challenge()
  const device: DeviceId = idFromBytes(mallory.publicKey)
  const sig = await world.suite.sign(mallory, 'poruch/session v1', concatBytes(challenge, Uint8Array.of(1), world.relay.key.publicKey))
  const opened = await core.openSession(
    makeByteWriter().raw(challenge).u8(1).raw(idToBytes(device)).bytes16(new Uint8Array(0)).raw(sig).done(),
  )
  if (opened.ok) world.ledger.see({ kind: 'stranger', text: 'the relay opened a session for a stranger' })
}

/** A changed copy, and a next envelope under another's name. */
async function forge(
  { world, chance }: Cast,
  mallory: Parameters<Cast['world']['suite']['sign']>[0],
  row: LogRow,
): Promise<readonly Bytes[]> {
  const changed = new Uint8Array(row.bytes)
  const at = chance.below(changed.length)
  changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(8))
  const form = decodeEnvelope(row.bytes)
  if (!form.ok) return [changed]
  const { header } = form.value
  const next = encodeHeader({
    ...header,
    seq: row.seq + 1,
    lamport: Math.min(row.lamport + 1, lamportLimit - 1),
    nonce: chance.bytes(12),
    prevHint: hintOf(row.id),
  })
  const sig = await world.suite.sign(mallory, envelopeSignatureDomain, chance.bytes(32))
  return [changed, concatBytes(next, chance.bytes(64), sig)]
}

function inject(cast: Cast, topic: TopicId, envelope: Bytes, except: readonly string[]): void {
  const { world, chance } = cast
  const entry = (relaySeq: number): Bytes => encodeFrame({ type: 'ENTRY', topic, relaySeq, envelope } satisfies Frame)
  for (const { line, left, right } of world.network.lines()) {
    if (except.includes(left) || except.includes(right)) continue
    line.inject(chance.pick(['left', 'right']), entry(0))
  }
  const lines = [...world.relayLines()].filter(([name, line]) => !except.includes(name) && !line.ended)
  if (lines.length === 0) return
  const [, line] = chance.pick(lines)
  line.inject('right', encodeFrame({ type: 'APPEND', ref: foreignRef + ++cast.slipped, topic, envelope }))
}

async function rowsOf({ world, people }: Cast, person: Person): Promise<readonly { topic: TopicId; row: LogRow }[]> {
  const disk = world.device(person.name).disk
  const account = await disk.getRecord('account', 'self')
  const device = account && (JSON.parse(new TextDecoder().decode(account)) as { signingPublicKey: DeviceId }).signingPublicKey
  const found: { topic: TopicId; row: LogRow }[] = []
  for (const topic of people.length > 0 && device ? await disk.topics() : []) {
    for (const row of await disk.read(topic, device as DeviceId, 1, 1000)) found.push({ topic, row })
  }
  return found
}
