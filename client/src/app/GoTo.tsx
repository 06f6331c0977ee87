/** The command palette: people, channels and commands by name; nothing in it needs a network. */
import { Avatar, Palette, createPlainView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { WorkspaceView } from '@poruch/replica'
import Hash from 'lucide-solid/icons/hash'
import SquareChevronRight from 'lucide-solid/icons/square-chevron-right'
import type { JSX } from 'solid-js'
import { createMemo } from 'solid-js'
import { conversationPlaces, rankPlaces } from './go-to-items.ts'
import type { Place } from './go-to-items.ts'
import { useI18n } from './i18n.ts'
import { parseRoute } from './paths.ts'
import type { Route } from './paths.ts'

export interface Command {
  readonly id: string
  readonly label: string
  readonly run: () => void
}

export interface GoToProps {
  /** Of the dialog; the palette's own unless said otherwise. */
  readonly title?: string
  readonly workspace: View<WorkspaceView | null>
  readonly commands: readonly Command[]
  /** Keys of conversations, the one opened last first. */
  readonly opened: readonly string[]
  readonly onGo: (route: Route) => void
  readonly onClose: () => void
}

export function GoTo(props: GoToProps): JSX.Element {
  const i18n = useI18n()
  const workspace = createPlainView(() => props.workspace)
  const places = createMemo((): readonly Place[] => [
    ...conversationPlaces(i18n, workspace()),
    ...props.commands.map(({ id, label }) => ({ id, label, kind: 'command' as const, recency: -1 })),
  ])
  const choose = (id: string): void => {
    // Closed first: the focus goes back before the next screen takes it.
    props.onClose()
    const command = props.commands.find((one) => one.id === id)
    if (command) command.run()
    else props.onGo(parseRoute(id))
  }
  return (
    <Palette
      title={props.title ?? i18n.t('palette.title')}
      placeholder={i18n.t('palette.placeholder')}
      none={i18n.t('palette.none')}
      countText={(count) => i18n.plural('palette.count', count)}
      find={(query) =>
        rankPlaces(places(), query, props.opened).map((place) => ({
          id: place.id,
          label: place.label,
          detail: i18n.t(`palette.kind.${place.kind}`),
          icon: () => <PlaceIcon place={place} />,
        }))
      }
      onChoose={choose}
      onClose={() => {
        props.onClose()
      }}
    />
  )
}

function PlaceIcon(props: { readonly place: Place }): JSX.Element {
  return (
    <>
      {props.place.kind === 'person' ? (
        <Avatar id={props.place.id.slice('d/'.length)} name={props.place.label} size="small" />
      ) : props.place.kind === 'channel' ? (
        <Hash size={16} aria-hidden="true" />
      ) : (
        <SquareChevronRight size={16} aria-hidden="true" />
      )}
    </>
  )
}
