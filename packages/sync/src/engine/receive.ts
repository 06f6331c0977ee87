/** The receiver's path of one topic: check, append, or wait for what is missing. */
import type { Bytes, DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import { checkEnvelope } from '../envelope/check.ts'
import type { CheckedEnvelope, EnvelopeFault, EnvelopeRefusal } from '../envelope/check.ts'
import { maxInnersKept, maxRivals } from '../limits.ts'
import type { LogRow } from '../ports.ts'
import { settleForks } from './branching.ts'
import type { Chains } from './chains.ts'
import type { Core } from './core.ts'
import { erasedForm } from './erasing.ts'
import { unseal } from './open-row.ts'
import { makeWaiting } from './waiting.ts'
import type { Source, Waiting } from './waiting.ts'

/** What has become of an envelope that came in. */
export type Received =
  | { readonly kind: 'stored' | 'known'; readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId }
  /** `gap`: whose chain has a hole, and how far it is held. */
  | {
      readonly kind: 'waiting'
      readonly gap: { readonly device: DeviceId; readonly have: number } | null
      readonly settled: Promise<Received>
    }
  | { readonly kind: 'refused'; readonly reason: EnvelopeFault; readonly at?: { readonly device: DeviceId; readonly seq: number } }
  /** Authentic, on another branch of its device's chain. */
  | { readonly kind: 'fork'; readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId }
  /** Too much waited: fetch the topic again later. */
  | { readonly kind: 'dropped' }

export interface Receiver {
  readonly waiting: Waiting<Received>
  /** Runs in the topic's turn. @throws SyncError of the store */
  receive(bytes: Bytes, source: Source): Promise<Received>
  /** Judges again all that waits. */
  retry(): Promise<void>
}

const waitable: ReadonlySet<EnvelopeFault> = new Set<EnvelopeFault>(['gap', 'wait-log', 'wait-epoch'])
const maxAppendAttempts = 4 // each means that another tab appended to the same chain meanwhile

export function makeReceiver(core: Core, topic: TopicId, chains: Chains): Receiver {
  const waiting = makeWaiting<Received>({ kind: 'dropped' }, core.waiting)
  const wait = (bytes: Bytes, fault: EnvelopeRefusal, source: Source): Received => {
    const after = fault.reason === 'gap' && fault.at ? fault.at : null
    const gap = after && { device: after.device, have: chains.all.get(after.device)?.head.seq ?? 0 }
    const known = waiting.find(bytes)
    if (known) {
      if (source === 'relay') waiting.noteRelay(known)
      return { kind: 'waiting', gap, settled: known.settled }
    }
    let settle: (outcome: Received) => void = () => {}
    const settled = new Promise<Received>((resolve) => {
      settle = resolve
    })
    return waiting.add({ bytes, after, source, settled, settle }) ? { kind: 'waiting', gap, settled } : { kind: 'dropped' }
  }
  /** Judges one, then whatever waited for it. */
  const receive: Receiver['receive'] = async (bytes, source) => {
    const first = await judge(core, topic, chains, bytes)
    if (first.kind === 'fault') return faultOutcome(first.fault, () => wait(bytes, first.fault, source))
    const queue = [...waiting.takeAfter(first.received.device, first.received.seq)]
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { bytes: held, source: shownBy, settle } = next
      const result = await judge(core, topic, chains, held)
      if (result.kind === 'fault') {
        forward(
          faultOutcome(result.fault, () => wait(held, result.fault, shownBy)),
          settle,
        )
        continue
      }
      settle(result.received)
      queue.push(...waiting.takeAfter(result.received.device, result.received.seq))
    }
    return first.received
  }
  const retry: Receiver['retry'] = async () => {
    for (const { bytes, source, settle } of waiting.takeAll()) forward(await receive(bytes, source), settle)
  }
  return { waiting, receive, retry }
}

/** Whoever waits for an envelope that waits on is told at the end. */
function forward(outcome: Received, settle: (outcome: Received) => void): void {
  if (outcome.kind === 'waiting') void outcome.settled.then(settle)
  else settle(outcome)
}

function faultOutcome(fault: EnvelopeRefusal, wait: () => Received): Received {
  return waitable.has(fault.reason) ? wait() : { kind: 'refused', reason: fault.reason, ...(fault.at ? { at: fault.at } : {}) }
}

type Held = Extract<Received, { kind: 'stored' | 'known' | 'fork' }>
type Judgement = { readonly kind: 'held'; readonly received: Held } | { readonly kind: 'fault'; readonly fault: EnvelopeRefusal }

async function judge(core: Core, topic: TopicId, chains: Chains, bytes: Bytes): Promise<Judgement> {
  for (let attempt = 0; ; attempt++) {
    const verdict = await checkEnvelope({ suite: core.suite, authority: core.authority, topic, bytes, chain: chains })
    if (!verdict.ok) {
      const { reason, at } = verdict
      if (reason === 'known' && at?.id) return { kind: 'held', received: { kind: 'known', device: at.device, seq: at.seq, id: at.id } }
      if (verdict.branch) return { kind: 'held', received: await keepBranch(core, topic, chains, { checked: verdict.branch, bytes }) }
      return { kind: 'fault', fault: verdict }
    }
    const row = await rowOf(core, topic, chains, { checked: verdict.value, bytes })
    const { device, seq, id } = row
    const answer = await core.store.append(topic, seq - 1, row)
    if (answer !== 'head-moved') {
      if (answer === 'appended' && device === core.signer.device) await core.ownChain.foundElsewhere(topic)
      chains.grew(row)
      return { kind: 'held', received: { kind: answer === 'appended' ? 'stored' : 'known', device, seq, id } }
    }
    await chains.refresh()
    if (attempt >= maxAppendAttempts) return { kind: 'fault', fault: { ok: false, reason: 'gap', at: { device, seq: seq - 1 } } }
  }
}

async function keepBranch(
  core: Core,
  topic: TopicId,
  chains: Chains,
  { checked, bytes }: { checked: CheckedEnvelope; bytes: Bytes },
): Promise<Held> {
  const { device, header, id, head, epoch } = checked
  const { seq } = header
  const rivals = chains.forks.at(device, seq)
  // Of many the lower ids matter: the lowest stands, one more is the proof.
  const isLate = rivals.length >= maxRivals && rivals.every((rival) => rival.id < id)
  if (chains.forks.byId(id) || isLate) return { kind: 'fork', device, seq, id }
  if (device === core.signer.device) await core.ownChain.foundElsewhere(topic)
  const whole = await rowOf(core, topic, chains, { checked, bytes })
  const proof = chains.erased.get(id)
  const row = (proof && (await erasedForm(core, whole, proof))) ?? whole
  await chains.forks.keep([{ row, head, epoch }])
  chains.forks.news.set(device, true)
  core.log('fork-kept', { topic, device, seq })
  await settleForks(core, topic, chains, device)
  return { kind: 'fork', device, seq, id }
}

/** The row, opened already where it can be: its state is then written with it, and not once more when it has its turn. */
async function rowOf(
  core: Core,
  topic: TopicId,
  chains: Chains,
  { checked, bytes }: { checked: CheckedEnvelope; bytes: Bytes },
): Promise<LogRow> {
  const { header, device, id, prev } = checked
  const { seq, pos, lamport, gen, kind } = header
  const sealed: LogRow = { device, seq, id, prev, pos, lamport, gen, kind, state: 'sealed', bytes }
  const inner = await unseal(core, topic, sealed)
  if (inner === 'no-key') return sealed
  if (typeof inner === 'string') return { ...sealed, state: 'refused' }
  if (chains.inners.size < maxInnersKept) chains.inners.set(id, inner)
  return { ...sealed, state: 'opened' }
}
