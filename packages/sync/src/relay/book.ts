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
  /** Entries of this reading that wait in memory to be judged. */
  unsettled: number
  /** Something was passed over that an honest relay would not have sent so, or would have sent. */
  isDoubtful: boolean
  /** Counts how often reading began. */
  readings: number
  /** Rows up to here may be missing in the order: packs that were taken stand for them. */
  packedTo: number
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
  /** The entry at `relaySeq` was looked at; `id` is null when that says nothing of what it is. */
  advance(topic: TopicId, relaySeq: number, id: EnvelopeId | null): void
  /** The entries up to `relaySeq` were looked at, and some were refused or missing: the next reading begins before them. */
  passOver(topic: TopicId, relaySeq: number): void
  /** The entry at `relaySeq` waits in memory. Answers whether it still counts, and counts it no more. */
  wait(topic: TopicId, relaySeq: number): () => boolean
  /** A pack stands for rows up to `relaySeq`. */
  cover(topic: TopicId, relaySeq: number): void
  /** True while reading again could bring something. */
  isDoubtful(topic: TopicId): boolean
  /** Reading begins before whatever waits or was passed over. */
  reread(topic: TopicId): void
  /** The relay does not know the cursor: nothing is known of what it holds. */
  reset(topic: TopicId): void
  /** A session begins: what waits or was passed over in an earlier one is not known to be what the relay has. */
  begin(): void
  /** The session is over: from now on another tab may move what is on disk. */
  end(): void
  /** Takes in what another tab has written to disk; nothing while a session of this one is open. */
  refresh(topic: TopicId): Promise<void>
  /** Goes back to what is on disk. */
  rewind(topic: TopicId): void
  /** Writes what has changed. */
  save(): Promise<void>
}

export function makeRelayBook(core: Core, relay: string, onRaised: (topic: TopicId) => void): RelayBook {
  const places = new Map<TopicId, Place>()
  const dirty = new Set<TopicId>()
  let isTimed = false
  let isOpen = false
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
        Object.assign(place, { read: { seq: 0, id: null }, saved: { seq: 0, id: null }, seen: 0, behind: 0, packedTo: 0 })
        onRaised(topic)
      })
    },
    passOver: (topic, relaySeq) => {
      change(topic, (place) => {
        // One that waited was before what has been read since.
        if (relaySeq > place.read.seq) keepSafe(place)
        place.isDoubtful = true
        place.seen = Math.max(place.seen, relaySeq)
        absorb(place)
      })
    },
    wait: (topic, relaySeq) => {
      const place = places.get(topic)
      if (!place) return () => false
      keepSafe(place)
      place.unsettled++
      change(topic, () => {
        place.seen = Math.max(place.seen, relaySeq)
        absorb(place)
      })
      const { readings } = place
      return () => {
        if (places.get(topic) !== place || place.readings !== readings) return false
        place.unsettled--
        return true
      }
    },
    cover: (topic, relaySeq) => {
      change(topic, (place) => (place.packedTo = Math.max(place.packedTo, relaySeq)))
    },
    isDoubtful: (topic) => {
      const place = places.get(topic)
      return place !== undefined && !isSafe(place)
    },
    reread: (topic) => {
      change(topic, startAgain)
    },
    begin: () => {
      isOpen = true
      for (const place of places.values()) {
        startAgain(place)
        place.behind = 0
      }
    },
    end: () => {
      isOpen = false
    },
    refresh: async (topic) => {
      const place = places.get(topic)
      if (!place || isOpen) return
      const { seq, id, holds } = await core.store.cursor(relay, topic)
      if (isOpen) return
      places.set(topic, newPlace({ seq, id }, holds))
      onRaised(topic)
    },
    rewind: (topic) => {
      change(topic, (place) => Object.assign(place, { read: place.saved, seen: place.saved.seq }))
    },
  }
}

function newPlace(point: Point, holds: Readonly<Record<DeviceId, number>>): Place {
  const held = new Map(Object.entries(holds) as [DeviceId, number][])
  return {
    read: point,
    saved: point,
    seen: point.seq,
    behind: 0,
    holds: held,
    acked: new Map(),
    ...settled,
    readings: 0,
    packedTo: 0,
    busy: 0,
  }
}

const settled = { unsettled: 0, isDoubtful: false }

/** Whether all up to `read` is here, or was refused as what this relay has. */
function isSafe({ unsettled, isDoubtful }: Place): boolean {
  return unsettled === 0 && !isDoubtful
}

function keepSafe(place: Place): void {
  if (isSafe(place)) place.saved = place.read
}

function startAgain(place: Place): void {
  keepSafe(place)
  Object.assign(place, { read: place.saved, seen: place.saved.seq, ...settled, readings: place.readings + 1 })
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
  keepSafe(place)
  await core.store.setCursor(relay, topic, { ...place.saved, holds: Object.fromEntries(place.holds) })
}
