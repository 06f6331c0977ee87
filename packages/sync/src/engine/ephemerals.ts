/** Carets, typing and beacons: sealed and signed like envelopes, never stored; carets and typing are worth nothing a minute later. */
import { toHex } from '@poruch/base'
import type { Bytes, TopicId } from '@poruch/base'
import { checkEphemeral } from '../envelope/check.ts'
import { envelopeKinds } from '../envelope/header.ts'
import { decodeEphemeralInner, encodeEphemeralInner } from '../envelope/inner.ts'
import { openSeal, sealEnvelope } from '../envelope/seal.ts'
import { SyncError } from '../errors.ts'
import { maxEphemeralAgeMs, maxEphemeralBodySizeBytes, maxEphemeralSessions } from '../limits.ts'
import type { Beacons, HeardBeacon } from './beacons.ts'
import type { Core } from './core.ts'
import { sealPlaceOf } from './writer.ts'

export interface Ephemerals {
  /** The whole sealed message. @throws SyncError `too-large` and those of writing */
  seal(topic: TopicId, body: Bytes): Promise<Bytes>
  /** Hands it over, or drops it: what is late, repeated or not in order says nothing. */
  take(topic: TopicId, bytes: Bytes): Promise<void>
}

const sessionSizeBytes = 16
// Half of what receivers allow, so that clocks may differ by as much either way.
const lifeMs = maxEphemeralAgeMs / 2

export interface BeaconEars {
  readonly beacons: Pick<Beacons, 'open'>
  onBeacon(beacon: HeardBeacon): void
}

export function makeEphemerals(core: Core, { beacons, onBeacon }: BeaconEars): Ephemerals {
  const { suite, random, signer, clock, authority, keys, applier, log } = core
  const session = toHex(random.bytes(sessionSizeBytes))
  const kind = envelopeKinds.ephemeral
  let counter = 0
  const heard = new Map<string, { counter: number; forgetAtMs: number }>()
  const isNew = (name: string, count: number, expiresAtMs: number): boolean => {
    const now = clock.now()
    if (expiresAtMs <= now || expiresAtMs > now + maxEphemeralAgeMs) return false
    const known = heard.get(name)
    if (known && count <= known.counter) return false
    if (!known && heard.size >= maxEphemeralSessions) {
      for (const [old, { forgetAtMs }] of heard) if (forgetAtMs <= now) heard.delete(old)
      if (heard.size >= maxEphemeralSessions) return false
    }
    // Kept until everything of this session that was let in has expired.
    heard.set(name, { counter: count, forgetAtMs: Math.max(expiresAtMs, known?.forgetAtMs ?? 0) })
    return true
  }
  return {
    seal: async (topic, body) => {
      if (body.length > maxEphemeralBodySizeBytes) throw new SyncError('too-large', `an ephemeral body of ${body.length} bytes`)
      const place = await sealPlaceOf(core, topic, kind)
      counter++
      const inner = encodeEphemeralInner({ session, counter, expiresAtMs: clock.now() + lifeMs, body })
      return (await sealEnvelope({ suite, random, signer, topic, ...place, kind, seq: 0, prev: null, lamport: 0, inner })).bytes
    },
    take: async (topic, bytes) => {
      const newest = authority.head(topic)
      const verdict = await checkEphemeral({ suite, authority, topic, bytes, newestPos: newest?.pos ?? 0 })
      if (!verdict.ok) return log('ephemeral-refused', { topic, reason: verdict.reason })
      const { device, user, epoch, header, context, headerBytes, ct } = verdict.value
      if (device === signer.device) return
      if (header.kind === envelopeKinds.beacon) {
        const beacon = await beacons.open(topic, verdict.value)
        return beacon ? onBeacon(beacon) : undefined
      }
      const key = await keys.keyOf({ topic, epoch, kind, device })
      const padded = key && (await openSeal(suite, key, { nonce: header.nonce, context, headerBytes, ct }))
      const inner = padded && decodeEphemeralInner(padded)
      if (!inner || inner.body.length > maxEphemeralBodySizeBytes) return
      if (isNew(`${device} ${inner.session}`, inner.counter, inner.expiresAtMs)) applier.ephemeral(topic, { device, user }, inner.body)
    },
  }
}
