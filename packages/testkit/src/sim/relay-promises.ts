/** What the simulated relay has told others that it keeps, and when it was given what. */
import { toHex } from '@poruch/base'
import type { Bytes, Clock } from '@poruch/base'
import type { RelayLog } from '@poruch/sync/relay-log'
import { envelopeSignatureSizeBytes } from '@poruch/sync/wire'
import { makePromiseBook } from '../promises.ts'
import type { ForgetfulBook, Promises } from '../promises.ts'

export interface RelayPromises extends Promises {
  /** When an envelope was last handed to the log, by `topic/id`. */
  readonly appendedAtMs: ReadonlyMap<string, number>
  /** When the entry at a position was last handed to the log. */
  readonly orderedAtMs: ReadonlyMap<number, number>
}

export interface WatchedPromises extends RelayPromises, ForgetfulBook {
  /** The log, with what it is given noted. */
  watch(log: RelayLog): RelayLog
}

export function watchPromises(clock: Clock): WatchedPromises {
  const book = makePromiseBook()
  const appendedAtMs = new Map<string, number>()
  const orderedAtMs = new Map<number, number>()
  return {
    get envelopes() {
      return book.envelopes
    },
    get entries() {
      return book.entries
    },
    socket: book.socket,
    forget: book.forget,
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
      replaceScope: async (rows) => {
        for (const { pos } of rows) orderedAtMs.set(pos, clock.now())
        return log.replaceScope(rows)
      },
    }),
  }
}

/** What makes an envelope what it is, in hexadecimal: all but the signature, which no id covers. */
export function bodyOf(envelope: Bytes | string): string {
  return (typeof envelope === 'string' ? envelope : toHex(envelope)).slice(0, -2 * envelopeSignatureSizeBytes)
}
