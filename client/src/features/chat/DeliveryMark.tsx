/** Where a message of one's own has got to, as an icon and in words. */
import type { Delivery } from '@poruch/replica'
import Cloud from 'lucide-solid/icons/cloud'
import Smartphone from 'lucide-solid/icons/smartphone'
import Users from 'lucide-solid/icons/users'
import type { JSX } from 'solid-js'
import { Match, Show, Switch } from 'solid-js'
import type { AppI18n } from '../../app/i18n.ts'
import { useI18n } from '../../app/i18n.ts'

export interface DeliveryMarkProps {
  readonly delivery: Delivery
  /** The words are seen too, and not only read aloud. */
  readonly inFull: boolean
}

/** Nothing for messages of others, nor for one that is not on the disk yet: in a moment it is. */
export function DeliveryMark(props: DeliveryMarkProps): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.delivery.state !== 'received' && props.delivery.state !== 'writing'}>
      <span class="delivery" data-state={props.delivery.state} title={wordsOf(i18n, props.delivery)}>
        <Switch fallback={<Users size={12} aria-hidden="true" />}>
          <Match when={props.delivery.state === 'device'}>
            <Smartphone size={12} aria-hidden="true" />
          </Match>
          <Match when={props.delivery.state === 'relay'}>
            <Cloud size={12} aria-hidden="true" />
          </Match>
        </Switch>
        <span class={props.inFull || props.delivery.state === 'device' ? '' : 'visually-hidden'}>{wordsOf(i18n, props.delivery)}</span>
      </span>
    </Show>
  )
}

function wordsOf(i18n: AppI18n, delivery: Delivery): string {
  switch (delivery.state) {
    case 'device':
      return i18n.t('delivery.device')
    case 'relay':
      return i18n.t('delivery.relay')
    case 'peers':
      return i18n.plural('delivery.peers', delivery.count)
    case 'writing':
    case 'received':
      return ''
  }
}
