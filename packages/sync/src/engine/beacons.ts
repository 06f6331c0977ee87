/** Beacons: signed words of what a device knows of log and topics; told to everybody who is there, stored nowhere. */
import type { Bytes, DeviceId, EnvelopeId, TopicId, UserId } from '@poruch/base'
import { decodeBeacon, encodeBeacon } from '../envelope/beacon.ts'
import type { Beacon } from '../envelope/beacon.ts'
import type { CheckedEnvelope } from '../envelope/check.ts'
import { envelopeKinds } from '../envelope/header.ts'
import { openSeal, sealEnvelope } from '../envelope/seal.ts'
import { SyncError } from '../errors.ts'
import { maxEphemeralSessions } from '../limits.ts'
import type { Core } from './core.ts'
import { sealPlaceOf } from './writer.ts'

/** A beacon ready to be told. */
export interface SealedBeacon {
  readonly topic: TopicId
  /** As the beacons of others name it. */
  readonly name: string
  readonly bytes: Bytes
}

export interface HeardBeacon extends Beacon {
  readonly device: DeviceId
  readonly user: UserId
  readonly name: string
}

export interface Beacons {
  /** @throws SyncError as writing */
  seal(topic: TopicId, says: Beacon): Promise<SealedBeacon>
  /** Opens one that was checked; null when it says nothing, or is not newer than what was heard of its session. */
  open(topic: TopicId, checked: CheckedEnvelope): Promise<HeardBeacon | null>
}

/** The first 8 bytes of its id. */
const nameCharacters = 16

export function makeBeacons(core: Core): Beacons {
  const { suite, random, signer, authority, keys } = core
  const kind = envelopeKinds.beacon
  /** By device and session. */
  const heard = new Map<string, number>()
  const isNew = (name: string, counter: number): boolean => {
    if (counter <= (heard.get(name) ?? 0)) return false
    heard.delete(name)
    heard.set(name, counter)
    const [oldest] = heard.keys()
    if (heard.size > maxEphemeralSessions && oldest !== undefined) heard.delete(oldest)
    return true
  }
  return {
    seal: async (topic, says) => {
      const place = await sealPlaceOf(core, topic, kind)
      // On the log's first entry, so that who was shown another log from somewhere on can check it, too.
      const first = authority.headIdAt(topic, 0)
      if (first === null) throw new SyncError('unknown-topic', 'the log has no beginning here')
      const head = { pos: 0, id: first }
      const inner = encodeBeacon(says)
      const sealed = await sealEnvelope({ suite, random, signer, topic, ...place, head, kind, seq: 0, prev: null, lamport: 0, inner })
      return { topic, name: nameOf(sealed.id), bytes: sealed.bytes }
    },
    open: async (topic, { id, epoch, device, user, header, context, headerBytes, ct }) => {
      const key = await keys.keyOf({ topic, epoch, kind, device })
      const padded = key && (await openSeal(suite, key, { nonce: header.nonce, context, headerBytes, ct }))
      const says = padded && decodeBeacon(padded)
      if (!says || !isNew(`${device} ${says.session}`, says.counter)) return null
      return { ...says, device, user, name: nameOf(id) }
    },
  }
}

function nameOf(id: EnvelopeId): string {
  return id.slice(0, nameCharacters)
}
