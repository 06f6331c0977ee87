/** Notes what the relay has told others that it keeps, and when it was given what. */
import { toHex } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import { decodeEntry, decodeRecord } from '@poruch/identity/fold'
import type { RelayLog } from '@poruch/sync/relay-log'
import { decodeFrame, envelopeSignatureSizeBytes } from '@poruch/sync/wire'

export interface KeptEnvelope {
  readonly topic: string
  /** All but the signature, which no id covers; hexadecimal. */
  readonly body: string
}

export interface KeptEntry {
  readonly scope: string
  readonly pos: number
  /** The record, hexadecimal. */
  readonly bytes: string
}

export interface RelayPromises {
  /** Acknowledged envelopes. */
  readonly envelopes: ReadonlyMap<string, KeptEnvelope>
  /** Entries that were sent as ordered. */
  readonly entries: ReadonlyMap<string, KeptEntry>
  /** When an envelope was last handed to the log, by `topic/id`. */
  readonly appendedAtMs: ReadonlyMap<string, number>
  /** When the entry at a position was last handed to the log. */
  readonly orderedAtMs: ReadonlyMap<number, number>
}

export interface PromiseBook extends RelayPromises {
  /** The log, with what it is given noted. */
  watch(log: RelayLog): RelayLog
  /** Listens on one socket. */
  socket(): { heard(frame: Bytes): void; said(frame: Bytes): void }
}

const kinds = { append: 4, ack: 5, ordered: 17 } as const

export function makePromiseBook(clock: Clock): PromiseBook {
  const envelopes = new Map<string, KeptEnvelope>()
  const entries = new Map<string, KeptEntry>()
  const appendedAtMs = new Map<string, number>()
  const orderedAtMs = new Map<number, number>()
  const noteOrdered = (frame: Bytes): void => {
    const decoded = decodeFrame(frame)
    if (!decoded.ok || decoded.value.type !== 'ORDERED') return
    const { scope, records } = decoded.value
    for (const record of records) {
      const entry: KeptEntry = { scope, pos: decodeEntry(decodeRecord(record).entry).pos, bytes: toHex(record) }
      entries.set(`${scope}/${entry.pos}/${entry.bytes}`, entry)
    }
  }
  return {
    envelopes,
    entries,
    appendedAtMs,
    orderedAtMs,
    watch: (log) => ({
      ...log,
      append: async (row) => {
        appendedAtMs.set(`${row.topic}/${row.id}`, clock.now())
        return log.append(row)
      },
      appendScope: async (rows) => {
        for (const { pos } of rows) orderedAtMs.set(pos, clock.now())
        return log.appendScope(rows)
      },
    }),
    socket: () => {
      const asked = new Map<number, KeptEnvelope>()
      return {
        heard: (frame) => {
          const decoded = frame[0] === kinds.append ? decodeFrame(frame) : null
          if (!decoded?.ok || decoded.value.type !== 'APPEND') return
          const { ref, topic, envelope } = decoded.value
          asked.set(ref, { topic, body: bodyOf(envelope) })
        },
        said: (frame) => {
          if (frame[0] === kinds.ordered) noteOrdered(frame)
          const decoded = frame[0] === kinds.ack ? decodeFrame(frame) : null
          if (!decoded?.ok || decoded.value.type !== 'ACK') return
          const kept = asked.get(decoded.value.ref)
          if (kept) envelopes.set(`${kept.topic}/${kept.body}`, kept)
        },
      }
    },
  }
}

/** What makes an envelope what it is. */
export function bodyOf(envelope: Bytes): string {
  return toHex(envelope.subarray(0, -envelopeSignatureSizeBytes))
}
