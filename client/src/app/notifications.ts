/** Says that something new has come while nobody looks. A notification leaves the vault, so it names nobody and nothing. */
import { makeCell } from '@poruch/base'
import type { View } from '@poruch/base'
import type { WorkspaceView } from '@poruch/replica'
import type { Accessor } from 'solid-js'
import { createEffect, on } from 'solid-js'
import type { AppI18n } from './i18n.ts'
import type { Mutes } from './mutes.ts'
import { keyOf } from './paths.ts'

/** `off`: not wanted on this device · `unable`: this browser has none, or not in this window. */
export type NotificationState = 'off' | 'on' | 'denied' | 'unable'

const wantedKey = 'poruch/notify'
/** One at a time, in all tabs: a newer one takes its place. */
const tag = 'poruch-new'

const state = makeCell<NotificationState>(readState())

export const notificationState: View<NotificationState> = state

function readState(): NotificationState {
  if (!('Notification' in globalThis)) return 'unable'
  if (Notification.permission === 'denied') return 'denied'
  return Notification.permission === 'granted' && localStorage.getItem(wantedKey) === 'yes' ? 'on' : 'off'
}

/** Asks the browser where it was not asked yet: to be called by a press of the person alone. */
export async function setNotifications(wanted: boolean): Promise<void> {
  localStorage.setItem(wantedKey, wanted ? 'yes' : 'no')
  if (wanted && 'Notification' in globalThis && Notification.permission === 'default') await Notification.requestPermission()
  state.set(readState())
}

export interface NotifierSources {
  readonly i18n: AppI18n
  readonly workspace: Accessor<WorkspaceView | null>
  readonly mutes: Mutes
}

/** Unread messages outside of what is muted. */
export function unreadOf(workspace: WorkspaceView | null, mutes: Pick<Mutes, 'has'>): number {
  return workspace?.conversations.reduce((sum, { id, unread }) => sum + (mutes.has(keyOf(id)) ? 0 : unread), 0) ?? 0
}

/** Needs an owner. */
export function createNotifier({ i18n, workspace, mutes }: NotifierSources): void {
  createEffect(
    on(
      () => unreadOf(workspace(), mutes),
      (unread, before) => {
        if (before === undefined || unread <= before || document.visibilityState === 'visible' || state.read() !== 'on') return
        tell(i18n.plural('notify.new', unread), i18n.t('app.name')).catch(() => undefined)
      },
    ),
  )
}

/** By the worker, where there is one: phones show no others. */
async function tell(body: string, title: string): Promise<void> {
  const options: NotificationOptions = { body, tag, icon: '/icon.svg' }
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration) return registration.showNotification(title, options)
  const shown = new Notification(title, options)
  shown.addEventListener('click', () => {
    window.focus()
    shown.close()
  })
}
