/** A relay that changes what it delivers; its core below is the honest one, so that what it acknowledged it has. */
import { concatBytes, toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import { decodeFrame, encodeFrame } from '@poruch/sync/wire'
import type { Chance } from '../chance.ts'
import type { Adversary, RelayAttack } from './adversary.ts'

/** ENTRY, ORDERED and KEY: what a relay hands on. */
const handedOn: ReadonlySet<number> = new Set([7, 17, 20])
const [appendFrame, entryFrame, proposeFrame, startFrame] = [4, 7, 18, 29]
/** Of the frames that are handed on. */
const share = 0.25
const maxHeldMs = 10_000

/** What becomes of a frame that is handed on: each with the wait before it leaves. */
type Twist = (frame: Bytes, chance: Chance) => readonly { readonly frame: Bytes; readonly afterMs: number }[]

function twisting(name: string, twist: Twist): Adversary {
  return {
    name,
    by: 'relay',
    act: ({ mischief, chance }) => {
      mischief.down = (_, frame) => (handedOn.has(frame[0] ?? 0) && chance.flip(share) ? twist(frame, chance) : [{ frame, afterMs: 0 }])
    },
  }
}

export const relayDrops = twisting('relay-drops', () => [])
export const relayDuplicates = twisting('relay-duplicates', (frame) => [
  { frame, afterMs: 0 },
  { frame, afterMs: 0 },
])
export const relayReorders = twisting('relay-reorders', (frame) => [{ frame, afterMs: 200 }])
export const relayDelays = twisting('relay-delays', (frame, chance) => [{ frame, afterMs: chance.below(maxHeldMs) }])
export const relayEdits = twisting('relay-edits', (frame, chance) => {
  const edited = new Uint8Array(frame)
  const at = 1 + chance.below(edited.length - 1)
  edited[at] = (edited[at] ?? 0) ^ (1 << chance.below(8))
  return [{ frame: edited, afterMs: 0 }]
})

/** An envelope of one topic in another one, and the end of one upon the beginning of another. */
export const relaySplices: Adversary = {
  name: 'relay-splices',
  by: 'relay',
  act: ({ mischief, chance }) => {
    let before: Bytes | null = null
    mischief.down = (_, frame) => {
      const other = before
      if (frame[0] === entryFrame) before = frame
      if (frame[0] !== entryFrame || !other || !chance.flip(share)) return [{ frame, afterMs: 0 }]
      const [one, two] = [decodeFrame(frame), decodeFrame(other)]
      if (!one.ok || !two.ok || one.value.type !== 'ENTRY' || two.value.type !== 'ENTRY') return [{ frame, afterMs: 0 }]
      const moved = encodeFrame({ ...one.value, topic: two.value.topic })
      const at = Math.min(one.value.envelope.length, two.value.envelope.length) >> 1
      const envelope = concatBytes(one.value.envelope.subarray(0, at), two.value.envelope.subarray(at))
      return [moved, encodeFrame({ ...one.value, envelope }), frame].map((each) => ({ frame: each, afterMs: 0 }))
    }
  },
}

/** Members are in two camps, and nothing passes from one to the other. */
export const relayPartitionsViews: Adversary = {
  name: 'relay-partitions-views',
  by: 'relay',
  act: ({ cast, mischief, chance }) => {
    const camp = new Map(cast.people.map(({ name }) => [name, chance.flip(0.5)]))
    const authorOf = new Map<string, string>()
    mischief.up = (from, frame) => {
      const decoded = frame[0] === appendFrame ? decodeFrame(frame) : null
      if (decoded?.ok && decoded.value.type === 'APPEND') authorOf.set(toHex(decoded.value.envelope), from)
      return [{ frame, afterMs: 0 }]
    }
    mischief.down = (to, frame) => {
      const decoded = frame[0] === entryFrame ? decodeFrame(frame) : null
      const from = decoded?.ok && decoded.value.type === 'ENTRY' ? authorOf.get(toHex(decoded.value.envelope)) : undefined
      return from !== undefined && camp.get(from) !== camp.get(to) ? [] : [{ frame, afterMs: 0 }]
    }
  },
}

/** What a newcomer is to begin with is not what the Checkpoint says. */
export const relayFalseStart: Adversary = {
  name: 'relay-false-start',
  by: 'relay',
  act: ({ mischief, chance }) => {
    mischief.down = (_, frame) => {
      const decoded = frame[0] === startFrame ? decodeFrame(frame) : null
      if (!decoded?.ok || decoded.value.type !== 'START') return [{ frame, afterMs: 0 }]
      const piece = new Uint8Array(decoded.value.piece)
      const at = chance.below(piece.length)
      piece[at] = (piece[at] ?? 0) ^ (1 << chance.below(8))
      return [{ frame: encodeFrame({ ...decoded.value, piece }), afterMs: 0 }]
    }
  },
}

/** One user hears nothing of what is new and is not heard. */
export const relayFreezes: Adversary = {
  name: 'relay-freezes',
  by: 'relay',
  act: (attack) => {
    const frozen = attack.chance.pick(attack.cast.people).name
    const silence = (name: string, frame: Bytes): ReturnType<Twist> => (name === frozen ? [] : [{ frame, afterMs: 0 }])
    attack.mischief.down = silence
    attack.mischief.up = silence
  },
}

/** Proposals that remove somebody are answered by nothing. */
export const relayRefusesRemoval: Adversary = {
  name: 'relay-refuses-removal',
  by: 'relay',
  act: ({ mischief }: RelayAttack) => {
    mischief.up = (_, frame) => {
      const decoded = frame[0] === proposeFrame ? decodeFrame(frame) : null
      const isRemoval = decoded?.ok && decoded.value.type === 'PROPOSE' && decoded.value.records.some(removes)
      return isRemoval ? [] : [{ frame, afterMs: 0 }]
    }
  },
}

function removes(record: Bytes): boolean {
  return decodeEntry(decodeRecord(record).entry).op.kind === 'remove-member'
}
