/** What the palette finds: conversations, most recent first, then screens and commands. */
import { fuzzyScore } from '@poruch/ui'
import type { WorkspaceView } from '@poruch/replica'
import { conversationRows } from '../features/chat/conversation-rows.ts'
import type { AppI18n } from './i18n.ts'
import { keyOf } from './paths.ts'
import { personName } from './person-name.ts'

export interface Place {
  readonly id: string
  readonly label: string
  readonly kind: 'channel' | 'person' | 'command'
  /** Higher is more recent. */
  readonly recency: number
}

/** All conversations of the sidebar as places; their ids are their keys. */
export function conversationPlaces(i18n: AppI18n, workspace: WorkspaceView | null): readonly Place[] {
  const { channels, people } = conversationRows(workspace, i18n.language())
  const lastOf = new Map(workspace?.conversations.map(({ id, lastWallTime }) => [keyOf(id), lastWallTime ?? 0]))
  const placeOf =
    (kind: Place['kind']) =>
    ([id, { title }]: readonly [string, { readonly title: string }]): Place => ({
      id,
      kind,
      label: kind === 'person' ? personName(i18n, title) : title,
      recency: lastOf.get(id) ?? 0,
    })
  return [...[...channels].map(placeOf('channel')), ...[...people].map(placeOf('person'))]
}

/** Best answers first; of equal ones those opened last, then those written in last. `opened` names places, the last one first. */
export function rankPlaces(places: readonly Place[], query: string, opened: readonly string[]): readonly Place[] {
  const openedRank = (id: string): number => (opened.includes(id) ? opened.length - opened.indexOf(id) : 0)
  return places
    .flatMap((place) => {
      const score = fuzzyScore(query, place.label)
      return score === null ? [] : [{ place, score, rank: openedRank(place.id) }]
    })
    .toSorted((a, b) => b.score - a.score || b.rank - a.rank || b.place.recency - a.place.recency)
    .map(({ place }) => place)
}
