/** The named values that a replica keeps in its store; all of them sealed at rest by the adapter. */
import { encodeUtf8, parseUtf8 } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import type { LogStore } from '@poruch/sync'

/** One name per collection: nothing else in this package spells them. */
export const collections = {
  /** `self` → the account; `phase` → where the device stands; `words` → the recovery words until they are written down. */
  account: 'account',
  /** Generation, ten digits → seed of the per-user key, those that came after the account was made. */
  puk: 'puk',
  /** `puk`, `epoch` → since when the present generation is known here. */
  since: 'since',
  /** Position, ten digits → record. */
  log: 'log',
  /** `head` → position and id of the last record of `log` that this device has judged; written together with it. */
  judgedLog: 'judged-log',
  /** `start` → the Checkpoint, state and proof that this device's log began with. */
  logStart: 'log-start',
  /** Position, ten digits, and entry id → 1: entries of stretches of the log that owners have left. */
  leftHeads: 'left-heads',
  leftEpochs: 'left-epochs',
  /** Epoch id → its raw key. */
  epochKeys: 'epoch-keys',
  /** `<author>/<gen>` and `/<other>` → direct epoch record. */
  directEpochs: 'direct-epochs',
  /** `<epoch>/<user>` → 1: keys still to be sealed to someone. */
  toSeal: 'to-seal',
  /** Epoch id → 1: those that no later one leads back to, once their keys are owed to the members. */
  handedOn: 'handed-on',
  /** Invitation id → its link, at its author's device alone. */
  invitations: 'invitations',
  /** `<invitation>/<user>` → join request, at admins. */
  requests: 'requests',
  /** Random key → a command for the tab with the network, and what came of it. */
  intents: 'intents',
  answers: 'answers',
  /** `state` → how the tab with the network reaches the relay. */
  relayState: 'relay-state',
  /** Conversation → number of messages read. */
  read: 'read',
  /** Conversation → the text typed there and not sent. */
  drafts: 'drafts',
  /** What an alarm is about → since when. */
  alarms: 'alarms',
  /** `state` → since when others have not confirmed what is here. */
  freshness: 'freshness',
  /** `workspace` → what the next start shows before it has read the log. */
  firstView: 'first-view',
  /** Position → the two records that the sequencer ordered there. */
  fraud: 'fraud',
} as const

/** A value as JSON text, or null where it is missing. Own data: a broken one is a defect and throws. */
export async function readJson(store: LogStore, collection: string, key: string): Promise<unknown> {
  const bytes = await store.getRecord(collection, key)
  return bytes && parseJson(bytes)
}

export function parseJson(bytes: Bytes): unknown {
  return JSON.parse(parseUtf8(bytes) ?? 'null')
}

export function jsonBytes(value: unknown): Bytes {
  return encodeUtf8(JSON.stringify(value))
}

/** A position as a key whose text order is its order. */
export function positionKey(pos: number): string {
  return pos.toString().padStart(10, '0')
}
