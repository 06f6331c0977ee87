/** What relay or members did that nobody should, in plain words over every screen. */
import type { Alarm, Replica } from '@poruch/replica'
import { Banner, createPlainView, createView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For } from 'solid-js'
import { useI18n } from './i18n.ts'
import { personName } from './person-name.ts'

/** One banner for all alarms of a kind: a long list of them says no more than its first. */
export function AlarmBanners(props: { readonly replica: Pick<Replica, 'alarms' | 'workspace'> }): JSX.Element {
  const i18n = useI18n()
  const alarms = createView(() => props.replica.alarms)
  const workspace = createPlainView(() => props.replica.workspace)
  const first = (): readonly Alarm[] => alarms().filter(({ code }, index, all) => all.findIndex((alarm) => alarm.code === code) === index)
  const nameOf = (alarm: Alarm): string => {
    const found = workspace()?.members.find(({ user }) => user === alarm.user)
    return alarm.user === undefined ? i18n.t('alarm.relay') : personName(i18n, found?.name ?? '')
  }
  return (
    <For each={first()}>
      {(alarm) => (
        <Banner kind={alarm.code === 'not-fresh' ? 'info' : 'warning'}>
          {i18n.t(`alarm.${alarm.code}`, { name: nameOf(alarm), since: i18n.moment(alarm.sinceMs) })}
        </Banner>
      )}
    </For>
  )
}
