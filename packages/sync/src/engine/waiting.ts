/** Envelopes that cannot be judged yet, kept in memory within bounds; unauthenticated, so nothing depends on them. */
import type { Bytes, DeviceId } from '@poruch/base'
import { equalBytes, LeanMap, toHex } from '@poruch/base'
import { maxWaitingEnvelopes, maxWaitingSizeBytes, maxWaitingTotalBytes } from '../limits.ts'

/** Who has shown an envelope. */
export type Source = 'relay' | 'peer'

export interface WaitingEnvelope<Settled> {
  readonly bytes: Bytes
  /** The envelope that must come first, or null when the log or an epoch is waited for. */
  readonly after: { readonly device: DeviceId; readonly seq: number } | null
  readonly source: Source
  readonly settled: Promise<Settled>
  settle(outcome: Settled): void
}

export interface Waiting<Settled> {
  count(): number
  /** The chains that have a gap, each once; `isRelays` where a relay has shown something behind it. */
  gaps(): readonly { readonly device: DeviceId; readonly isRelays: boolean }[]
  /** The same envelope, when it waits already. */
  find(bytes: Bytes): WaitingEnvelope<Settled> | null
  /** A relay has shown it, too. */
  noteRelay(envelope: WaitingEnvelope<Settled>): void
  /** False when it was not taken. Where nothing more fits, all that waits is dropped, and must be fetched again. */
  add(envelope: WaitingEnvelope<Settled>): boolean
  /** Takes out those that waited for this envelope. */
  takeAfter(device: DeviceId, seq: number): readonly WaitingEnvelope<Settled>[]
  /** Takes out all. */
  takeAll(): readonly WaitingEnvelope<Settled>[]
}

/** What waits in all topics together. */
export interface WaitingBudget {
  sizeBytes: number
}

export function makeWaiting<Settled>(dropped: Settled, budget: WaitingBudget): Waiting<Settled> {
  const entries = new LeanMap<string, WaitingEnvelope<Settled>>()
  const byGap = new LeanMap<string, Set<string>>()
  /** How many envelopes wait for one of a device's chain. */
  const holes = new LeanMap<DeviceId, number>()
  /** And how many of them a relay has shown. */
  const relayHoles = new LeanMap<DeviceId, number>()
  let sizeBytes = 0
  const countBytes = (change: number): void => {
    sizeBytes += change
    budget.sizeBytes += change
  }
  const countHole = (counts: typeof holes, device: DeviceId, change: number): void => {
    const count = (counts.get(device) ?? 0) + change
    if (count > 0) counts.set(device, count)
    else counts.delete(device)
  }
  const gapKey = (device: DeviceId, seq: number): string => `${device} ${seq}`
  // The signature is the end of an envelope and differs where anything honest does.
  const keyOf = (bytes: Bytes): string => toHex(bytes.subarray(-64))
  const takeAll = (): readonly WaitingEnvelope<Settled>[] => {
    const all = [...entries.values()]
    entries.clear()
    byGap.clear()
    holes.clear()
    relayHoles.clear()
    countBytes(-sizeBytes)
    return all
  }
  return {
    count: () => entries.size,
    gaps: () => [...holes.keys()].map((device) => ({ device, isRelays: relayHoles.has(device) })),
    find: (bytes) => {
      const known = entries.get(keyOf(bytes))
      return known && equalBytes(known.bytes, bytes) ? known : null
    },
    noteRelay: (envelope) => {
      if (envelope.source === 'relay') return
      entries.set(keyOf(envelope.bytes), { ...envelope, source: 'relay' })
      if (envelope.after) countHole(relayHoles, envelope.after.device, 1)
    },
    add: (envelope) => {
      const key = keyOf(envelope.bytes)
      const size = envelope.bytes.length
      const isFull =
        entries.size >= maxWaitingEnvelopes || sizeBytes + size > maxWaitingSizeBytes || budget.sizeBytes + size > maxWaitingTotalBytes
      if (isFull) for (const each of takeAll()) each.settle(dropped)
      // Another's signature copied onto other bytes: one of the two is forged, and it must not push out the other.
      if (isFull || entries.has(key)) {
        envelope.settle(dropped)
        return false
      }
      countBytes(envelope.bytes.length)
      entries.set(key, envelope)
      if (envelope.after) {
        const gap = gapKey(envelope.after.device, envelope.after.seq)
        byGap.set(gap, (byGap.get(gap) ?? new Set()).add(key))
        countHole(holes, envelope.after.device, 1)
        if (envelope.source === 'relay') countHole(relayHoles, envelope.after.device, 1)
      }
      return true
    },
    takeAfter: (device, seq) => {
      const keys = [...(byGap.get(gapKey(device, seq)) ?? [])]
      byGap.delete(gapKey(device, seq))
      const taken = keys.flatMap((key) => entries.get(key) ?? [])
      for (const key of keys) entries.delete(key)
      for (const each of taken) countBytes(-each.bytes.length)
      countHole(holes, device, -taken.length)
      countHole(relayHoles, device, -taken.filter(({ source }) => source === 'relay').length)
      return taken
    },
    takeAll,
  }
}
