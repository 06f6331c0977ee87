/** Whether a cut voids an envelope, as far as the device's chain is known here. */
import type { DeviceId, EnvelopeId, TopicId } from '@poruch/base'
import type { EnvelopeAuthority } from '../ports.ts'

/** The chains of one topic that are held here. */
export interface ChainIndex {
  /** The envelope of the device's chain at `seq`, or null when it is not held. */
  at(device: DeviceId, seq: number): Promise<{ readonly id: EnvelopeId; readonly pos: number } | null>
  /** Other envelopes that the device signed for that seq, where a fork is known. */
  beside?(device: DeviceId, seq: number): readonly { readonly id: EnvelopeId; readonly pos: number }[]
}

export interface Standing {
  /** `void` unless the chain is known to lead to what a cut names. */
  readonly standing: 'stands' | 'void'
  /**
   * The seqs further along the chain that a cut or late admission names and that are not held here. While there are any, a `void`
   * is not final: judge again when one of them arrives.
   */
  readonly awaits: readonly number[]
}

export interface StandingQuery {
  readonly authority: EnvelopeAuthority
  readonly topic: TopicId
  readonly place: { readonly device: DeviceId; readonly seq: number; readonly id: EnvelopeId; readonly pos: number }
  readonly chain: ChainIndex
}

/**
 * Asks the authority, fetching the ids of the chain that it wants to compare. The answer depends on the chain held and on the log alone,
 * not on the order in which either arrived. Cost: one look-up per cut of the device beyond this envelope.
 */
export async function standingOf({ authority, topic, place, chain }: StandingQuery): Promise<Standing> {
  const held = new Map<number, EnvelopeId | null>()
  for (;;) {
    const wanted = new Set<number>()
    const standing = authority.standing(topic, place, (seq, id) => {
      if (seq <= place.seq) return seq === place.seq && id === place.id
      const at = held.get(seq)
      if (at === undefined) wanted.add(seq)
      return at === id
    })
    if (wanted.size === 0)
      return { standing, awaits: standing === 'stands' ? [] : [...held].filter(([, id]) => id === null).map(([seq]) => seq) }
    for (const seq of wanted) held.set(seq, (await chain.at(place.device, seq))?.id ?? null)
  }
}
