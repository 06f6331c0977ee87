/** The relay's state as an icon and a word. */
import Cloud from 'lucide-solid/icons/cloud'
import CloudAlert from 'lucide-solid/icons/cloud-alert'
import CloudOff from 'lucide-solid/icons/cloud-off'
import Users from 'lucide-solid/icons/users'
import type { JSX } from 'solid-js'
import { Match, Switch } from 'solid-js'
import type { ConnectionWord } from './connection-words.ts'
import { useI18n } from './i18n.ts'
import './connection.css'

export function ConnectionState(props: { readonly state: ConnectionWord }): JSX.Element {
  const i18n = useI18n()
  return (
    <span class="connection-state" data-state={props.state}>
      <Switch fallback={<Cloud size={16} aria-hidden="true" />}>
        <Match when={props.state === 'offline'}>
          <CloudOff size={16} aria-hidden="true" />
        </Match>
        <Match when={props.state === 'without'}>
          <Users size={16} aria-hidden="true" />
        </Match>
        <Match when={props.state === 'refused'}>
          <CloudAlert size={16} aria-hidden="true" />
        </Match>
      </Switch>
      {i18n.t(`connection.state.${props.state}`)}
    </span>
  )
}
