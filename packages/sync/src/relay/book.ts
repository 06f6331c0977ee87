/** How far one relay's order of each topic was read, and what that relay holds. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { Core } from '../engine/core.ts'
import { cursorSaveDelayMs } from '../limits.ts'

interface Point {
  readonly seq: number
  readonly id: EnvelopeId | null
}

export interface Place {
  /** The last entry whose id is known here: what is asked from. */
  read: Point
  /** As on disk: nothing before it still waits in memory. */
  saved: Point
  /** The last entry that was looked at. */
  seen: number
  /** The highest seq of the relay's order that was heard of. */
  behind: number
  readonly holds: Map<DeviceId, number>
  /** Own envelopes whose places in the order are known before those of others before them. */
  readonly acked: Map<number, EnvelopeId>
  /** Entries that wait in memory to be judged. */
  unsettled: number
  /** Tasks that are moving this place now. */
  busy: number
}

export interface RelayBook {
  load(topic: TopicId): Promise<Place>
  placeOf(topic: TopicId): Place | undefined
  /** Takes note that the relay holds a chain up to `seq`. */
  raise(topic: TopicId, device: DeviceId, seq: number): void
  /** The relay says, or shows by a refusal, that it holds a chain up to `seq` only. */
  lower(topic: TopicId, device: DeviceId, seq: number): void
  /** The entry at `relaySeq` was looked at; `id` is null when it was refused. */
  advance(topic: TopicId, relaySeq: number, id: EnvelopeId | null): void
  /** The relay does not know the cursor: nothing is known of what it holds. */
  reset(topic: TopicId): void
  /** A session begins: what was passed over in an earlier one is not known to be what the relay has. */
  begin(): void
  /** Goes back to what is on disk. */
  rewind(topic: TopicId): void
  /** Writes what has changed. */
  save(): Promise<void>
}

export function makeRelayBook(core: Core, relay: string, onRaised: (topic: TopicId) => void): RelayBook {
  const places = new Map<TopicId, Place>()
  const dirty = new Set<TopicId>()
  let isTimed = false
  const save = async (): Promise<void> => {
    const topics = [...dirty]
    dirty.clear()
    await Promise.all(topics.map(async (topic) => savePlace(core, relay, topic, places.get(topic))))
  }
  const touch = (topic: TopicId): void => {
    dirty.add(topic)
    if (isTimed) return
    isTimed = true
    core.clock.after(cursorSaveDelayMs, () => {
      isTimed = false
      save().catch((thrown: unknown) => core.log('cursor-not-saved', { error: String(thrown) }))
    })
  }
  const change = (topic: TopicId, apply: (place: Place) => void): void => {
    const place = places.get(topic)
    if (!place) return
    apply(place)
    touch(topic)
  }
  return {
    save,
    placeOf: (topic) => places.get(topic),
    load: async (topic) => {
      const known = places.get(topic)
      if (known) return known
      const { seq, id, holds } = await core.store.cursor(relay, topic)
      const place = places.get(topic) ?? newPlace({ seq, id }, holds)
      places.set(topic, place)
      return place
    },
    raise: (topic, device, seq) => {
      change(topic, (place) => {
        if (seq <= (place.holds.get(device) ?? 0)) return
        place.holds.set(device, seq)
        onRaised(topic)
      })
    },
    lower: (topic, device, seq) => {
      change(topic, (place) => {
        place.holds.set(device, seq)
        onRaised(topic)
      })
    },
    advance: (topic, relaySeq, id) => {
      change(topic, (place) => {
        place.seen = Math.max(place.seen, relaySeq)
        if (id !== null && relaySeq > place.read.seq) place.read = { seq: relaySeq, id }
        absorb(place)
      })
    },
    reset: (topic) => {
      change(topic, (place) => {
        place.holds.clear()
        place.acked.clear()
        Object.assign(place, { read: { seq: 0, id: null }, saved: { seq: 0, id: null }, seen: 0, behind: 0 })
        onRaised(topic)
      })
    },
    begin: () => {
      for (const place of places.values()) Object.assign(place, { seen: place.read.seq, behind: 0 })
    },
    rewind: (topic) => {
      change(topic, (place) => Object.assign(place, { read: place.saved, seen: place.saved.seq }))
    },
  }
}

function newPlace(point: Point, holds: Readonly<Record<DeviceId, number>>): Place {
  const held = new Map(Object.entries(holds) as [DeviceId, number][])
  return { read: point, saved: point, seen: point.seq, behind: 0, holds: held, acked: new Map(), unsettled: 0, busy: 0 }
}

/** Own envelopes are not echoed: their places follow from their ACKs. */
function absorb(place: Place): void {
  for (let id = place.acked.get(place.seen + 1); id; id = place.acked.get(place.seen + 1)) {
    place.seen++
    place.acked.delete(place.seen)
    place.read = { seq: place.seen, id }
  }
}

async function savePlace(core: Core, relay: string, topic: TopicId, place: Place | undefined): Promise<void> {
  if (!place) return
  // What waits in memory is lost in a crash: the cursor stays before it, so that it is fetched again.
  if (place.unsettled === 0) place.saved = place.read
  await core.store.setCursor(relay, topic, { ...place.saved, holds: Object.fromEntries(place.holds) })
}
