/** Orders proposals: judges them by the fold, countersigns them, commits them, and tells everybody. */
import { equalBytes, makeSerial } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { countersign, encodeRecord, entryIdOf, makeScopeFold, scopeIdOf } from '@poruch/identity/fold'
import type { FrameOf } from '@poruch/sync/wire'
import type { Connection } from './connection.ts'
import type { CorePorts } from './ports.ts'
import { refusal, storageCode } from './refusal.ts'
import { makeQuotas, parseProposal } from './proposals.ts'
import type { Proposal, Quotas } from './proposals.ts'
import type { Scopes, ScopeState } from './scopes.ts'
import type { Seeding } from './seeding.ts'

export interface Sequencer {
  propose(connection: Connection, frame: FrameOf<'PROPOSE'>): Promise<void>
}

interface SequencerParts {
  readonly ports: CorePorts
  readonly scopes: Scopes
  readonly seeding: Seeding
  /** Called after each commit. */
  readonly onOrdered: (state: ScopeState) => Promise<void>
}

interface Asked {
  readonly connection: Connection
  readonly ref: number
  readonly records: readonly Bytes[]
  readonly proposal: Proposal
}

export function makeSequencer(parts: SequencerParts): Sequencer {
  const quotas = makeQuotas(parts.ports.clock)
  const setupTurns = makeSerial()
  return {
    propose: async (connection, { ref, records }) => {
      const proposal = parseProposal(records, connection.device)
      if (!proposal) return connection.out.send(refusal(ref, 'bad-proposal'))
      const asked: Asked = { connection, ref, records, proposal }
      if (!proposal.scope) return setupTurns.run(async () => begin(parts, asked))
      const state = parts.scopes.get(proposal.scope)
      if (!state || !parts.scopes.reader(state, connection)) return connection.out.send(refusal(ref, 'unknown-scope'))
      if (!(await state.hold.turn(connection.device))) return sendMoved(state, asked)
      await state.turns.run(async () => order(parts, quotas, state, asked))
    },
  }
}

async function order(
  { ports, scopes, seeding, onOrdered }: SequencerParts,
  quotas: Quotas,
  state: ScopeState,
  asked: Asked,
): Promise<void> {
  const { connection, ref, records, proposal } = asked
  const answer = (code: string): void => {
    state.hold.done(connection.device)
    connection.out.send(refusal(ref, code))
  }
  const member = scopes.reader(state, connection)
  if (!member) return answer('unknown-scope')
  const [first] = proposal.items
  const fault = first ? seeding.orderFault(state, first.entry.op) : null
  if (fault) return answer(fault)
  if (proposal.prev !== state.fold.head()?.id) {
    if (quotas.hasOne(state, member)) state.hold.want(connection.device)
    return sendMoved(state, asked)
  }
  if (!quotas.take(state, member, proposal)) return answer('too-many-proposals')
  if (namesForeignPrefix(scopes, state, proposal)) return answer('prefix-used')
  const judged = await state.fold.apply(records, { proposal: true, nowMs: ports.clock.now() })
  if (!judged.ok) {
    quotas.refused(state, member)
    return answer(judged.reason)
  }
  try {
    await commit(ports, state, proposal)
  } catch (thrown) {
    judged.value()
    ports.note?.('not-ordered', { code: storageCode(thrown) })
    return answer(storageCode(thrown))
  }
  ports.audit?.('ordered', { actor: connection.device, detail: opsOf(proposal) })
  state.hold.done(connection.device)
  await seeding.ordered(state)
  // The proposer hears its own entries as the answer, also when it does not follow the log.
  if (!connection.logs.has(state.scope))
    connection.logs.set(state.scope, { nextPos: proposal.items[0]?.entry.pos ?? 0, keyCursor: 0, sending: null, again: false })
  await onOrdered(state)
}

/** The first workspace: only from the session that showed the setup secret, and only once. */
async function begin({ ports, scopes, onOrdered }: SequencerParts, { connection, ref, records, proposal }: Asked): Promise<void> {
  const answer = (code: string): void => connection.out.send(refusal(ref, code))
  const first = proposal.items[0]
  if (!first || first.entry.op.kind !== 'genesis' || first.entry.pos !== 0) return answer('bad-proposal')
  if (!connection.setup) return answer('no-right')
  if (scopes.size > 0) return answer('setup-used')
  if (!equalBytes(first.entry.op.sequencer, ports.sequencerKey.publicKey)) return answer('wrong-sequencer')
  const scope = await scopeIdOf(ports.suite, first.record.entry)
  const fold = makeScopeFold({ suite: ports.suite, scope })
  const judged = await fold.apply(records, { proposal: true, nowMs: ports.clock.now() })
  if (!judged.ok) return answer(judged.reason)
  const state = scopes.make(scope, fold)
  try {
    await commit(ports, state, proposal)
  } catch (thrown) {
    ports.note?.('not-ordered', { code: storageCode(thrown) })
    return answer(storageCode(thrown))
  }
  scopes.add(state)
  ports.note?.('workspace-created')
  ports.audit?.('workspace-created', { actor: connection.device, detail: opsOf(proposal) })
  connection.logs.set(scope, { nextPos: 0, keyCursor: 0, sending: null, again: false })
  await onOrdered(state)
}

/** The kinds of the entries in their order, for the audit. */
function opsOf({ items }: Proposal): string {
  return items.map(({ entry }) => entry.op.kind).join(' ')
}

/** Countersigns every entry of the batch and commits them together. */
async function commit({ suite, log, sequencerKey }: CorePorts, { scope }: ScopeState, { items }: Proposal): Promise<void> {
  const rows = await Promise.all(
    items.map(async ({ record, entry }) => {
      const place = { scope, pos: entry.pos, id: await entryIdOf(suite, record.entry), prev: entry.prev }
      const countersignature = await countersign(suite, sequencerKey, place)
      return { scope, pos: entry.pos, record: encodeRecord({ ...record, countersignature }) }
    }),
  )
  await log.appendScope(rows)
}

function sendMoved(state: ScopeState, { connection, ref }: Asked): void {
  const head = state.fold.head()
  if (head) connection.out.send({ type: 'MOVED', ref, scope: state.scope, pos: head.pos, id: head.id })
}

/** A document's prefix belongs to one scope of a relay, or one scope's members could take another's topics. */
function namesForeignPrefix(scopes: Scopes, state: ScopeState, proposal: Proposal): boolean {
  return proposal.items.some(({ entry }) => {
    const owner = entry.op.kind === 'add-doc' ? scopes.ofPrefix(entry.op.prefix) : null
    return owner !== null && owner !== state
  })
}
