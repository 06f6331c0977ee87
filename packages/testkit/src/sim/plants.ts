/** Bugs put in on purpose, to see that the checks go red. */
import type { TopicId } from '@poruch/base'
import { openSync } from '@poruch/sync'
import type { LogRow, Opened, SyncOptions } from '@poruch/sync'
import { decodeEnvelope, envelopeContext } from '@poruch/sync/wire'
import { openInner } from './inner.ts'
import { founder } from './people.ts'
import type { Cast } from './people.ts'

export const plants = ['ack-before-commit', 'no-cut', 'no-deps'] as const
export type Plant = (typeof plants)[number]

/** `ack-before-commit` is a matter of the relay's log; the others are put into the engines of some devices, never the founder's. */
export function plantInto({ world, chance, people }: Cast, plant: Plant): void {
  if (plant === 'ack-before-commit') return
  const others = people.filter(({ name }) => name !== founder)
  const change = plant === 'no-cut' ? ignoreCuts : ignoreDeps
  const planted = others.filter(() => chance.flip(0.6))
  for (const { name } of planted.length > 0 ? planted : others)
    world.device(name).patch({ openSync: (options) => openSync(change(options)) })
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
