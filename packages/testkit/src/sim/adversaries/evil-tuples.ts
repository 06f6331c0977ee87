/** What the member adversaries write: one message with an evil text, well formed unless they spoil it. */
import type { Bytes, DeviceId, TopicId } from '@poruch/base'
import { arrayNameOf } from '@poruch/model'
import * as Y from 'yjs'
import type { MemberAttack } from './adversary.ts'
import { value } from './raw-update.ts'

/** Counters that the honest engine of the same device does not reach in a schedule. */
const firstCounter = 40_000

export function newCounter({ chance }: MemberAttack): number {
  return firstCounter + chance.below(20_000)
}

/** A message of this device. */
export function messageOf(device: DeviceId, text: string, lamport = 1): Bytes {
  return value([0, `${device}|${firstCounter}`, null, lamport, 0, text])
}

/** A message that nothing is wrong with, under a number that is in no other one. */
export function fairMessageOf(device: DeviceId, { n, text, lamport }: { n: number; text: string; lamport: number }): Bytes {
  return value([0, `${device}|${n * 2 ** 32}`, null, lamport, 0, text])
}

/** A channel that the traitor can write to, and somebody else who has written there, as far as held. */
export async function victimIn(attack: MemberAttack): Promise<Victim | null> {
  const { traitor, chance } = attack
  const found: Victim[] = []
  const devices = ((await traitor.fold())?.members() ?? []).flatMap(({ devices: own }) => own)
  for (const topic of await traitor.channels()) {
    for (const device of devices.filter((one) => one !== traitor.device)) {
      const last = (await traitor.rowsOf(topic, device)).at(-1)
      const inner = last && (await traitor.open(topic, last))
      const struct = inner?.updates.flatMap((update) => Y.decodeUpdate(update).structs).at(-1)
      if (last && struct) found.push({ topic, device, last, client: struct.id.client, clock: struct.id.clock + struct.length })
    }
  }
  return found.length > 0 ? chance.pick(found) : null
}

export interface Victim {
  readonly topic: TopicId
  readonly device: DeviceId
  /** The end of its chain. */
  readonly last: Awaited<ReturnType<MemberAttack['traitor']['rowsOf']>>[number]
  /** The clientID that it writes under, and the clock that it will use next. */
  readonly client: number
  readonly clock: number
}

/** Puts one update of the traitor's own chain into a channel. */
export async function writeOwn(
  attack: MemberAttack,
  topic: TopicId,
  make: (own: { client: number; root: string; lamport: number }) => Bytes,
): Promise<void> {
  const { traitor } = attack
  const n = newCounter(attack)
  const client = await traitor.clientId(topic, n)
  const lamport = ((await traitor.rowsOf(topic, traitor.device)).at(-1)?.lamport ?? 0) + 1
  const row = await traitor.seal(topic, { n, bytes: make({ client, root: arrayNameOf(traitor.device), lamport }) })
  if (row) await traitor.keep(topic, row)
}

/** One of the channels, or null. */
export async function someChannel({ traitor, chance }: MemberAttack): Promise<TopicId | null> {
  const topics = await traitor.channels()
  return topics.length > 0 ? chance.pick(topics) : null
}
