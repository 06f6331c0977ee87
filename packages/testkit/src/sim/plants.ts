/** Bugs put in on purpose, to see that the checks go red. */
import type { DeviceId, EpochId, TopicId } from '@poruch/base'
import type { Suite } from '@poruch/crypto'
import { checkUpdate } from '@poruch/model'
import type { ReplicaPorts } from '@poruch/replica'
import { openSync } from '@poruch/sync'
import type { LogRow, LogStore, Opened, SyncOptions } from '@poruch/sync'
import { decodeEnvelope, envelopeContext } from '@poruch/sync/wire'
import * as Y from 'yjs'
import { openInner } from './inner.ts'
import { founder } from './people.ts'
import { openDeafToBranches, openWithoutEpochs, openWithoutSeeding } from './plant-links.ts'
import type { Cast } from './people.ts'

export const plants = [
  'ack-before-commit',
  'no-cut',
  'no-deps',
  'no-client-id-guard',
  'no-signature-check',
  'no-epoch-rotation',
  'first-branch',
  'no-epoch-skip',
  'write-behind',
  'no-seeding',
] as const
export type Plant = (typeof plants)[number]

/** Whose attacks reveal a bug that peaceful people do not meet. */
export const revealers: Readonly<Partial<Record<Plant, string>>> = {
  'no-client-id-guard': 'client-id-spoof',
  'no-signature-check': 'forged-author',
  'first-branch': 'equivocation',
  'no-epoch-skip': 'keyless-epoch',
  'no-seeding': 'relay-rolls-back',
}

/** Whether epochs rotate is decided by all together; what is handed over too early seldom shows, and the more often the more do it. */
const together: ReadonlySet<Plant> = new Set<Plant>(['no-epoch-rotation', 'no-epoch-skip', 'no-deps', 'no-seeding'])

/** `ack-before-commit` is a matter of the relay's log; the others are put into some devices, mostly never the founder's. */
export function plantInto({ world, chance, people }: Cast, plant: Plant): void {
  if (plant === 'ack-before-commit') return
  const others = people.filter(({ name }) => name !== founder)
  const drawn = others.filter(() => chance.flip(0.6))
  const some = drawn.length > 0 ? drawn : others
  for (const { name } of together.has(plant) ? people : some) world.device(name).patch(changeOf(plant, world.suite))
}

function changeOf(plant: Exclude<Plant, 'ack-before-commit'>, suite: Suite): Partial<ReplicaPorts> {
  switch (plant) {
    case 'no-cut':
      return { openSync: (options) => openSync(ignoreCuts(options)) }
    case 'no-deps':
      return { openSync: (options) => openSync(ignoreDeps(options)) }
    case 'no-client-id-guard':
      return {
        checkUpdate: (doc, update, origin) => checkUpdate(doc, update, { ...origin, clientId: clientIn(update) ?? origin.clientId }),
      }
    case 'no-signature-check':
      return { suite: { ...suite, verify: async () => Promise.resolve(true) } }
    case 'no-epoch-rotation':
      return { openSync: (options) => openSync(keepFirstEpoch(options)) }
    case 'first-branch':
      return { openSync: openDeafToBranches }
    case 'no-epoch-skip':
      return { openSync: openWithoutEpochs }
    case 'no-seeding':
      return { openSync: openWithoutSeeding }
    case 'write-behind':
      return { openSync: (options) => openSync({ ...options, store: answerEarly(options.store) }) }
  }
}

/** Whom an update says that it is from. */
function clientIn(update: Uint8Array): number | undefined {
  try {
    return Y.decodeUpdate(update).structs[0]?.id.client
  } catch {
    return undefined
  }
}

/** Everybody goes on under the first epoch, whoever was removed since. */
function keepFirstEpoch(options: SyncOptions): SyncOptions {
  const { authority, signer } = options
  const atAnyTime = (topic: TopicId, device: DeviceId, gen: number, pos: number): EpochId | 'unknown' | 'too-old' => {
    for (let at = pos; at > 0; at--) {
      const epoch = authority.epochFor(topic, device, gen, at)
      if (epoch !== 'too-old') return epoch
    }
    return 'too-old'
  }
  return {
    ...options,
    authority: {
      ...authority,
      epochFor: atAnyTime,
      writingEpoch: async (topic) => {
        const id = atAnyTime(topic, signer.device, 0, authority.head(topic)?.pos ?? 0)
        const isUsable = id !== 'unknown' && id !== 'too-old' && (await authority.epochKey(topic, id))
        return isUsable ? { gen: 0, id } : authority.writingEpoch(topic)
      },
    },
  }
}

/** A disk that says that it has an envelope before it has. */
function answerEarly(store: LogStore): LogStore {
  return {
    ...store,
    append: async (topic, expected, row) => {
      const appended = store.append(topic, expected, row)
      appended.catch(() => undefined)
      return Promise.resolve('appended')
    },
  }
}

/** Everything stands, whoever was removed. */
function ignoreCuts(options: SyncOptions): SyncOptions {
  return { ...options, authority: { ...options.authority, standing: () => 'stands' } }
}

/** An envelope goes into its document as soon as it is stored, whatever it builds on. */
function ignoreDeps(options: SyncOptions): SyncOptions {
  const { store, applier, signer } = options
  return {
    ...options,
    store: {
      ...store,
      append: async (topic, expected, row) => {
        const appended = await store.append(topic, expected, row)
        const opened = appended === 'appended' && row.device !== signer.device ? await openAtOnce(options, topic, row) : null
        if (opened) await applier.apply(opened)
        return appended
      },
    },
  }
}

async function openAtOnce({ suite, authority }: SyncOptions, topic: TopicId, row: LogRow): Promise<Opened | null> {
  const { device, seq, id, prev, pos, gen, lamport, bytes } = row
  const form = decodeEnvelope(bytes)
  const epoch = authority.epochFor(topic, device, gen, pos)
  const [scope, head, newest] = [authority.scopeOf(topic), authority.headIdAt(topic, pos), authority.head(topic)]
  if (!form.ok || epoch === 'unknown' || epoch === 'too-old' || scope === null || head === null || newest === null) return null
  const author = authority.authorAt(topic, device, newest.pos)
  const secret = await authority.epochKey(topic, epoch)
  if ('refused' in author || !secret) return null
  const context = envelopeContext({ scope, topic, epoch, device, prev, head })
  const inner = await openInner({ suite, topic, epoch, device, secret, context, envelope: form.value })
  return inner && { topic, device, user: author.user, seq, id, lamport, ...inner }
}
