/** How this device is connected now: the relay, the direct peers, and what has not left yet. */
import { Avatar, createView } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConnectionView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { connectionWord } from '../../app/connection-words.ts'
import type { ConnectionWord } from '../../app/connection-words.ts'
import { useI18n } from '../../app/i18n.ts'
import { stewardText } from '../../app/steward-text.ts'
import { personName } from '../../app/person-name.ts'
import { ConnectionState } from '../../app/ConnectionState.tsx'

export function ConnectionPanel(props: { readonly connection: View<ConnectionView> }): JSX.Element {
  const i18n = useI18n()
  const connection = createView(() => props.connection)
  const word = (): ConnectionWord => connectionWord(connection())
  const noPeers = (): string => i18n.t(connection().relay.state === 'connected' ? 'connection.noPeers' : 'connection.noPeersOffline')
  return (
    <div class="page">
      <section class="page-section" aria-label={i18n.t('connection.relay')}>
        <h2>{i18n.t('connection.relay')}</h2>
        <p class="connection-relay">
          <ConnectionState state={word()} />
          <span>{connection().steward ? '' : connection().relay.origin}</span>
        </p>
        <Show
          when={connection().steward}
          fallback={
            <>
              <p>{i18n.t(`connection.relayText.${connection().relay.state}`)}</p>
              <p>{connection().unsent > 0 ? i18n.plural('connection.unsentCount', connection().unsent) : i18n.t('connection.allSent')}</p>
            </>
          }
        >
          {(steward) => <p>{stewardText(i18n, steward())}</p>}
        </Show>
        <Show when={connection().waitingChanges > 0}>
          <p>{i18n.plural('connection.waitingCount', connection().waitingChanges)}</p>
        </Show>
        <ErrorLine code={word() === 'refused' ? (connection().relay.code ?? 'refused') : null} />
      </section>
      <section class="page-section" aria-labelledby="direct-peers">
        <h2 id="direct-peers">{i18n.t('connection.peers')}</h2>
        <Show when={connection().peers.length > 0} fallback={<p class="soft">{noPeers()}</p>}>
          <p>{i18n.t('connection.peersText')}</p>
          <ul class="connection-peers" aria-label={i18n.t('connection.peers')}>
            <For each={connection().peers}>{(peer) => <PeerRow peer={peer} />}</For>
          </ul>
        </Show>
      </section>
    </div>
  )
}

function PeerRow(props: { readonly peer: ConnectionView['peers'][number] }): JSX.Element {
  const i18n = useI18n()
  const roundTrip = (): string =>
    props.peer.roundTripMs === null
      ? i18n.t('connection.unknown')
      : i18n.t('connection.roundTrip', {
          ms: props.peer.roundTripMs < 10 ? props.peer.roundTripMs.toFixed(1) : Math.round(props.peer.roundTripMs),
        })
  return (
    <li>
      <Avatar id={props.peer.user} name={props.peer.name} />
      <span>{personName(i18n, props.peer.name)}</span>
      <span>{`${i18n.t('connection.direct')}, ${roundTrip()}`}</span>
    </li>
  )
}
