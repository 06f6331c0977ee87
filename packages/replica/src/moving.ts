/** Moves a workspace to another relay: an owner takes its order over, a member follows. */
import { equalBytes, parseBase64Url } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { draftSetSequencer, placeAfter, proposeAll } from '@poruch/identity'
import type { Draft } from '@poruch/identity'
import { decodeEntry, decodeRecord, roles } from '@poruch/identity/fold'
import type { ScopeOpKind } from '@poruch/identity/fold'
import { savePhase } from './account.ts'
import type { StoredPhase } from './account.ts'
import { ReplicaError } from './errors.ts'
import type { MemberDevice } from './member-device.ts'
import { answered, askOver, withRelay } from './relay-visit.ts'
import type { OpenSession } from './relay-visit.ts'
import type { RelayWords } from './relay-words.ts'
import { takeRecords } from './relay-line.ts'
import { oweKeysAgain, seedLog } from './seeding.ts'
import { founderIdentity, memberIdentity } from './session-identity.ts'

const setupSecretSizeBytes = 16
/** How far back the log there is read for what differs from the one here. */
const comparedEntries = 256

export interface MoveOptions {
  readonly origin: string
  /** Base64url, from the new relay's setup link: of the owner who moves. Without it the device follows a move. */
  readonly setupSecret?: string
}

type Words = Pick<RelayWords, 'mandate' | 'agree'>

/**
 * When it resolves the new relay's key orders the log as it is here, and this device's stored phase names the new relay; it may be called
 * again after a failure. Null where more owners must agree first: this one's word is given then. @throws ReplicaError `bad-link` | `not-online`; `refused` with the log's or the relay's reason
 */
export async function moveTo(
  device: MemberDevice,
  { origin, setupSecret, words }: MoveOptions & { readonly words: Words },
  signal: AbortSignal,
): Promise<Moved | null> {
  const { ports, account, log, exchange } = device
  const secret = setupSecret === undefined ? null : parseBase64Url(setupSecret)
  if (setupSecret !== undefined && secret?.length !== setupSecretSizeBytes) throw new ReplicaError('bad-link', 'not a setup link')
  const identity = secret ? founderIdentity(ports, account, secret) : memberIdentity(ports, account)
  const before = log.read(0, log.nextPos())
  let isMoved = true
  await withRelay({ ports, signal }, { origin, identity, isPatient: () => false }, async (open) => {
    if (secret) isMoved = await takeOver(device, words, open)
    else await readThere(device, open)
  })
  if (!isMoved) return null
  if (secret) await oweKeysAgain(ports, log, exchange)
  const stored: Member = { name: 'member', origin, scope: log.scope }
  await savePhase(ports.store, stored)
  return { stored, again: abandonedBy(device, before) }
}

interface Moved {
  readonly stored: Member
  /** What this device had proposed and the move has abandoned. */
  readonly again: readonly Draft[]
}

/** What can be said again as it was; epochs and pins follow from the new log by themselves. */
const repeatable: ReadonlySet<ScopeOpKind> = new Set([
  'add-doc',
  'create-invitation',
  'revoke-invitation',
  'admit',
  'remove-member',
  'set-minimum',
  'admit-late',
])

function abandonedBy({ account, log }: MemberDevice, before: readonly Bytes[]): readonly Draft[] {
  const now = log.read(0, log.nextPos())
  return before
    .filter((record, pos) => !equalBytes(record, now[pos] ?? noRecord))
    .flatMap((record) => {
      const { entry, cutList } = decodeRecord(record)
      const { device, op } = decodeEntry(entry)
      return device === account.device && repeatable.has(op.kind) ? [{ op, cutList }] : []
    })
}

const noRecord = new Uint8Array(0)

/** Proposes it once there is a session; what the log refuses by now is let be. */
export function proposeAgain({ requests, proposals, ports }: MemberDevice, again: readonly Draft[]): void {
  if (again.length === 0) return
  const stop = requests.onConnected(() => {
    stop()
    for (const draft of again)
      proposals
        .make(async () => Promise.resolve({ drafts: [draft] }))
        .catch((thrown: unknown) => ports.log?.('not-proposed-again', { error: String(thrown) }))
  })
}

type Member = Extract<StoredPhase, { name: 'member' }>

function isOrderedBy({ log }: MemberDevice, relayKey: Bytes): boolean {
  const sequencer = log.fold.sequencer()
  return sequencer !== null && equalBytes(sequencer, relayKey)
}

/**
 * The log as it is here, up to where the owners have agreed, and after it the entry that gives it to the new relay. Done already after a
 * crash between the two. False while too few have agreed.
 */
async function takeOver(device: MemberDevice, words: Words, { session, relayKey }: OpenSession): Promise<boolean> {
  const { ports, account, log } = device
  const self = log.fold.member(account.user)
  if (self?.role !== roles.owner) throw new ReplicaError('refused', 'only owners move a workspace', { reason: 'no-right' })
  if (isOrderedBy(device, relayKey)) {
    await seedLog(log, askOver(session))
    return true
  }
  const mandate = words.mandate(relayKey)
  if (!mandate) {
    await words.agree(relayKey)
    return false
  }
  const { at, approvals } = mandate
  await seedLog(log, askOver(session), at)
  const draft = draftSetSequencer({ term: log.fold.term() + 1, at, sequencer: relayKey, approvals })
  const author = { device: account.signingKey, userLogHead: self.userLogHead }
  const records = (await proposeAll(ports.suite, placeAfter(log.fold, at), { drafts: [draft], author })).map(({ record }) => record)
  const ordered = await answered(
    session,
    (frame) => (frame.type === 'ORDERED' && frame.scope === log.scope && endsAt(frame.records, at + 1) ? frame.records : null),
    () => session.send({ type: 'PROPOSE', ref: session.nextRef(), records }),
  )
  await take(device, ordered)
  if (!isOrderedBy(device, relayKey))
    throw new ReplicaError('refused', 'the relay did not take the log over', { reason: 'wrong-sequencer' })
  return true
}

/** What the new relay has: with the take-over, which goes before what the old one ordered since. */
async function readThere(device: MemberDevice, { session, relayKey }: OpenSession): Promise<void> {
  const { log } = device
  const stop = session.onFrame((frame) => {
    if (frame.type === 'ORDERED') received.push(frame.records)
  })
  const received: (readonly Bytes[])[] = []
  const nextPos = Math.max(0, log.nextPos() - comparedEntries)
  session.send({ type: 'LOGSUB', scope: log.scope, nextPos, keyCursor: 0 })
  // Its answer comes after all that was to be sent.
  await askOver(session)((ref) => ({ type: 'MEMBEROF', ref }))
  stop()
  await take(device, received.flat())
  if (!isOrderedBy(device, relayKey)) throw new ReplicaError('refused', 'another relay orders this workspace', { reason: 'relay-changed' })
}

async function take({ log }: MemberDevice, records: readonly Bytes[]): Promise<void> {
  const received = await takeRecords(log, records)
  if ('fault' in received) throw new ReplicaError('refused', 'the log there is another one', { reason: received.fault })
  if ('gapAt' in received) throw new ReplicaError('refused', 'the log there has a hole', { reason: 'gap' })
}

function endsAt(records: readonly Bytes[], pos: number): boolean {
  const last = records.at(-1)
  return last !== undefined && decodeEntry(decodeRecord(last).entry).pos === pos
}
