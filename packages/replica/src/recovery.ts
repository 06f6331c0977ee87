/** Recovery from the 24 words: a blank device becomes one of its user's, through the relay. Goes on over restarts once it was proposed. */
import { codeOf, equalBytes } from '@poruch/base'
import type { Bytes, DeviceId, EpochId } from '@poruch/base'
import { createEpoch, generateDeviceKeys, nextPlace, proposeAll, recoverIdentity, recoveryKeysFromWords } from '@poruch/identity'
import type { DeviceKeys, Identity, RecoveryKeys } from '@poruch/identity'
import { decodeRecord } from '@poruch/identity/fold'
import type { CutRow } from '@poruch/identity/fold'
import { accountOf, accountRecord } from './account.ts'
import type { Account, StoredPhase } from './account.ts'
import type { OwnDevice } from './api.ts'
import { readChainEnds } from './chain-ends.ts'
import { directKey } from './direct-chats.ts'
import { ReplicaError } from './errors.ts'
import { debtsOf } from './key-exchange.ts'
import { draftOwnPins, revocationsOf } from './pins.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, positionKey } from './records.ts'
import { readAccount } from './recovery-reading.ts'
import type { FoundAccount } from './recovery-reading.ts'
import { answered, withRelay } from './relay-visit.ts'
import type { OpenSession, Visit } from './relay-visit.ts'
import { memberIdentity, recovererIdentity } from './session-identity.ts'

export type Recovering = Extract<StoredPhase, { name: 'recovering' }>

/** How often somebody else may be faster. */
const maxAttempts = 16

/** Whose words these are, as the relay keeps it; changes nothing. @throws ReplicaError `bad-words` | `unknown-words` | `not-online` | `refused` */
export async function findAccount(visit: Visit, { words, origin }: { words: string; origin: string }): Promise<readonly OwnDevice[]> {
  const { ports } = visit
  const recovery = await keysOf(ports, words)
  const { device } = await generateDeviceKeys(ports.suite, ports.random)
  const identity = recovererIdentity(ports, device, recovery)
  const { state } = await withRelay(visit, { origin, identity, isPatient: () => false }, async (open) =>
    readAccount(ports, open, recovery),
  ).catch(asRecoveryError)
  return state.devices.map((each, index) => ({ device: each.device, number: index + 1, isThis: false, isLive: each.live }))
}

export interface RecoverOptions {
  readonly words: string
  readonly origin: string
  readonly revoke: readonly DeviceId[]
}

/**
 * Adds this device to its user and ends the devices in `revoke`; when it resolves, that is ordered, and the account with all keys is
 * durable here. Before anything was proposed a failure leaves the device blank. @throws ReplicaError as `findAccount`; `contended`
 */
export async function recover(visit: Visit, options: RecoverOptions): Promise<{ account: Account; phase: Recovering }> {
  const { ports } = visit
  const { origin } = options
  const recovery = await keysOf(ports, options.words)
  const keys = await generateDeviceKeys(ports.suite, ports.random)
  const identity = recovererIdentity(ports, keys.device, recovery)
  let proposed: { account: Account; phase: Recovering } | null = null
  const attempt = async (open: OpenSession): Promise<typeof proposed> => {
    const found = await readAccount(ports, open, recovery)
    const rows = await readChainEnds({ ports, fold: found.fold, bulk: open.bulk, devices: options.revoke, signal: visit.signal })
    const made = await makeRecovery(ports, found, { ...options, keys, rows })
    const account = accountOf(made.identity)
    const phase: Recovering = { name: 'recovering', origin, scope: found.fold.scope }
    await keepRecovery(ports, { account, phase, found, made })
    proposed = { account, phase }
    await order(open, made.records)
    return proposed
  }
  for (let tries = 0; tries < maxAttempts; tries++) {
    try {
      const done = await withRelay(visit, { origin, identity, isPatient: () => false }, attempt)
      if (done) return done
    } catch (thrown) {
      const outcome = await afterFailure(visit, proposed, thrown)
      if (outcome) return outcome
    }
  }
  throw await forgotten(ports, new ReplicaError('contended', `others were faster ${maxAttempts} times`))
}

/** Waits for the relay to say what became of a recovery that a restart or a lost session interrupted: false when it was never ordered. */
export async function wasOrdered(visit: Visit, account: Account, { origin }: Recovering): Promise<boolean> {
  const identity = memberIdentity(visit.ports, account)
  try {
    await withRelay(visit, { origin, identity, isPatient: () => true }, async () => Promise.resolve())
    return true
  } catch (thrown) {
    if (thrown instanceof ReplicaError && thrown.reason === 'not-a-member') return false
    throw thrown
  }
}

/** Blank again, as if nothing had been tried. */
export async function forgetRecovery({ store }: ReplicaPorts): Promise<void> {
  const kept = [
    collections.log,
    collections.judgedLog,
    collections.puk,
    collections.epochKeys,
    collections.directEpochs,
    collections.toSeal,
  ]
  const rows = await Promise.all(
    kept.map(async (collection) => (await store.listRecords(collection)).map(({ key }) => ({ collection, key, value: null }))),
  )
  await store.putRecords([
    { collection: collections.account, key: 'phase', value: null },
    { collection: collections.account, key: 'self', value: null },
    ...rows.flat(),
  ])
}

/** The recovery when it was ordered after all, null when it is to be tried again. @throws ReplicaError otherwise */
async function afterFailure<T extends { account: Account; phase: Recovering }>(
  visit: Visit,
  proposed: T | null,
  thrown: unknown,
): Promise<T | null> {
  if (!proposed) return asRecoveryError(thrown)
  if (!(thrown instanceof ReplicaError) || (thrown.code !== 'not-online' && thrown.code !== 'contended'))
    throw await forgotten(visit.ports, thrown)
  // Ordered, perhaps, and its answer lost.
  return (await wasOrdered(visit, proposed.account, proposed.phase)) ? proposed : null
}

async function forgotten(ports: ReplicaPorts, thrown: unknown): Promise<unknown> {
  await forgetRecovery(ports)
  return thrown
}

async function keysOf({ suite }: ReplicaPorts, words: string): Promise<RecoveryKeys> {
  try {
    return await recoveryKeysFromWords(suite, words)
  } catch (thrown) {
    throw new ReplicaError('bad-words', 'not 24 words with a right checksum', { cause: thrown })
  }
}

function asRecoveryError(thrown: unknown): never {
  if (thrown instanceof ReplicaError && thrown.reason === 'recovery-unknown')
    throw new ReplicaError('unknown-words', 'no member here has these words', { cause: thrown })
  if (codeOf(thrown) === 'offline') throw new ReplicaError('not-online', 'the relay cannot be reached', { cause: thrown })
  throw thrown
}

interface Made {
  readonly identity: Identity
  readonly records: readonly Bytes[]
  readonly epoch: { readonly epoch: EpochId; readonly key: Bytes } | null
}

/** The device, the ends of the old ones and a new per-user key, pinned; and a new epoch where the key before it is known. */
async function makeRecovery(
  ports: ReplicaPorts,
  found: FoundAccount,
  options: RecoverOptions & { readonly keys: DeviceKeys; readonly rows: readonly CutRow[] },
): Promise<Made> {
  const { suite, random } = ports
  const { fold, user, userLog, state } = found
  const { rows, keys } = options
  const gone = options.revoke.find((device) => !state.devices.some((known) => known.device === device && known.live))
  if (gone) throw new ReplicaError('refused', 'no device that lives', { reason: 'device-not-live' })
  const revoke = await revocationsOf(ports, fold, { devices: options.revoke, rows })
  const identity = await recoverIdentity({ suite, random, words: options.words, userLog, revoke, keys })
  const pins = await draftOwnPins(ports, { user, entries: identity.userLog.slice(userLog.length), rows })
  const newest = fold.epochs().at(-1)
  const previousKey = found.keys.find(({ epoch }) => epoch === newest?.id)?.key ?? null
  const author = { device: keys.device, userLogHead: state.head }
  if (!newest || !previousKey)
    return { identity, records: recordsOf(await proposeAll(suite, nextPlace(fold), { drafts: pins, author })), epoch: null }
  const readers = fold
    .members()
    .map((member) =>
      member.user === user
        ? { user, userLogHead: identity.state.head, pukGen: identity.state.puk?.gen ?? 0 }
        : { user: member.user, userLogHead: member.userLogHead, pukGen: member.puk.gen },
    )
  const wrapped = fold.historyPolicy() === 'full' ? previousKey : null
  const epoch = await createEpoch({ suite, random, scope: fold.scope, gen: newest.gen + 1, readers, previousKey: wrapped })
  const proposals = await proposeAll(suite, nextPlace(fold), { drafts: [...pins, epoch.draft], author })
  const id = proposals.at(-1)?.id as string as EpochId
  return { identity, records: recordsOf(proposals), epoch: { epoch: id, key: epoch.key } }
}

function recordsOf(proposals: Awaited<ReturnType<typeof proposeAll>>): Bytes[] {
  return proposals.map(({ record }) => record)
}

/** All in one write: after it the device goes on by itself. */
async function keepRecovery(
  { store }: ReplicaPorts,
  { account, phase, found, made }: { account: Account; phase: Recovering; found: FoundAccount; made: Made },
): Promise<void> {
  const others = found.fold.members().flatMap(({ user }) => (user === account.user ? [] : [user]))
  await store.putRecords([
    accountRecord(made.identity),
    { collection: collections.account, key: 'phase', value: jsonBytes(phase) },
    ...found.records.map((value, pos) => ({ collection: collections.log, key: positionKey(pos), value })),
    ...[...found.keys, ...(made.epoch ? [made.epoch] : [])].map(({ epoch, key }) => ({
      collection: collections.epochKeys,
      key: epoch,
      value: key,
    })),
    ...found.directEpochs.map(({ record, epoch }) => ({ collection: collections.directEpochs, key: directKey(epoch), value: record })),
    ...(made.epoch ? debtsOf(made.epoch.epoch, others, found.records.length) : []),
  ])
}

/** Resolves when the records stand. @throws ReplicaError `contended` when the head has moved, `refused`, `not-online` */
async function order({ session }: OpenSession, records: readonly Bytes[]): Promise<void> {
  const first = records[0] && decodeRecord(records[0]).entry
  const outcome = await answered(
    session,
    (frame) => {
      if (frame.type === 'MOVED') return 'moved'
      const isOurs = (record: Bytes): boolean => first !== undefined && equalBytes(decodeRecord(record).entry, first)
      return frame.type === 'ORDERED' && frame.records.some(isOurs) ? 'ordered' : null
    },
    () => session.send({ type: 'PROPOSE', ref: session.nextRef(), records }),
  )
  if (outcome === 'moved') throw new ReplicaError('contended', 'somebody else was faster')
}
