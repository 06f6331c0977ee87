/** Notes what the relay has told the devices that it keeps. */
import { toHex } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import { decodeFrame } from '@poruch/sync/wire'

/** An acknowledged envelope. */
export interface KeptEnvelope {
  readonly topic: string
  /** Hexadecimal. */
  readonly bytes: string
}

/** An entry of the membership log that was sent as ordered. */
export interface KeptEntry {
  readonly scope: string
  readonly pos: number
  /** The record, hexadecimal. */
  readonly bytes: string
}

export interface Promises {
  /** In the order in which they were given. */
  readonly envelopes: readonly KeptEnvelope[]
  readonly entries: readonly KeptEntry[]
}

export interface PromiseBook extends Promises {
  /** Listens on one socket: `sent` by the device, `received` from the relay. */
  socket(): { sent(frame: Bytes): void; received(frame: Bytes): void }
}

export interface ForgetfulBook extends PromiseBook {
  /** All promises up to now hold no more. */
  forget(): void
}

/** The types of docs/PROTOCOL.md that matter here: the others are not decoded. */
export const frameTypes = { append: 4, ack: 5, ordered: 17, propose: 18 } as const

export function makePromiseBook(): ForgetfulBook {
  const envelopes = new Map<string, KeptEnvelope>()
  const entries = new Map<string, KeptEntry>()
  const noteOrdered = (frame: Bytes): void => {
    const decoded = decodeFrame(frame)
    if (!decoded.ok || decoded.value.type !== 'ORDERED') return
    const { scope, records } = decoded.value
    for (const record of records) {
      const entry: KeptEntry = { scope, pos: decodeEntry(decodeRecord(record).entry).pos, bytes: toHex(record) }
      entries.set(`${scope}/${entry.pos}/${entry.bytes}`, entry)
    }
  }
  const noteAcknowledged = (frame: Bytes, asked: Map<number, KeptEnvelope>): void => {
    const decoded = decodeFrame(frame)
    if (!decoded.ok || decoded.value.type !== 'ACK') return
    const kept = asked.get(decoded.value.ref)
    asked.delete(decoded.value.ref)
    if (kept) envelopes.set(`${kept.topic}/${kept.bytes}`, kept)
  }
  return {
    get envelopes() {
      return [...envelopes.values()]
    },
    get entries() {
      return [...entries.values()]
    },
    forget: () => {
      envelopes.clear()
      entries.clear()
    },
    socket: () => {
      const asked = new Map<number, KeptEnvelope>()
      return {
        sent: (frame) => {
          const decoded = frame[0] === frameTypes.append ? decodeFrame(frame) : null
          if (!decoded?.ok || decoded.value.type !== 'APPEND') return
          const { ref, topic, envelope } = decoded.value
          asked.set(ref, { topic, bytes: toHex(envelope) })
        },
        received: (frame) => {
          if (frame[0] === frameTypes.ordered) noteOrdered(frame)
          else if (frame[0] === frameTypes.ack) noteAcknowledged(frame, asked)
        },
      }
    },
  }
}
