/** What to do first, up to the first message. */
import { createPlainView } from '@poruch/ui'
import type { WorkspaceView } from '@poruch/replica'
import Circle from 'lucide-solid/icons/circle'
import CircleCheck from 'lucide-solid/icons/circle-check'
import type { JSX } from 'solid-js'
import { For, Show } from 'solid-js'
import { firstSteps, endFirstSteps } from './first-steps.ts'
import type { AppI18n } from './i18n.ts'
import { useI18n } from './i18n.ts'
import { notificationState } from './notifications.ts'
import type { NotificationState } from './notifications.ts'
import { hrefOf } from './paths.ts'
import './first-steps.css'

interface Step {
  readonly text: string
  /** Null for what is done. */
  readonly href: string | null
}

const inviters: ReadonlySet<string> = new Set(['admin', 'owner'])

export function FirstSteps(props: { readonly workspace: WorkspaceView }): JSX.Element {
  const i18n = useI18n()
  const notifications = createPlainView(() => notificationState)
  const steps = (): readonly Step[] => stepsOf(i18n, props.workspace, notifications())
  return (
    <section class="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">{i18n.t('steps.title')}</h2>
      <ol>
        <For each={steps()}>
          {(step) => (
            <li data-done={step.href === null}>
              <Show when={step.href} fallback={<CircleCheck size={20} aria-hidden="true" />}>
                <Circle size={20} aria-hidden="true" />
              </Show>
              <Show
                when={step.href}
                fallback={
                  <span>
                    {step.text}
                    <span class="visually-hidden"> {i18n.t('steps.done')}</span>
                  </span>
                }
              >
                {(href) => <a href={href()}>{step.text}</a>}
              </Show>
            </li>
          )}
        </For>
      </ol>
      <button type="button" class="quiet-link" onClick={endFirstSteps}>
        {i18n.t('steps.hide')}
      </button>
    </section>
  )
}

/** True while there are steps to be shown; needs an owner. */
export function createHasFirstSteps(): () => boolean {
  const state = createPlainView(() => firstSteps)
  return () => state() === 'open'
}

function stepsOf(i18n: AppI18n, workspace: WorkspaceView, notifications: NotificationState): readonly Step[] {
  const channel = workspace.conversations.find(({ id }) => id.kind === 'channel')
  const done = (isDone: boolean, href: string): string | null => (isDone ? null : href)
  return [
    { text: i18n.t('steps.words'), href: null },
    ...(inviters.has(workspace.myRole) ? [{ text: i18n.t('steps.invite'), href: done(workspace.members.length > 1, '#members') }] : []),
    ...(notifications === 'off' || notifications === 'on'
      ? [{ text: i18n.t('steps.notify'), href: done(notifications === 'on', '#settings') }]
      : []),
    ...(channel ? [{ text: i18n.t('steps.write', { title: channel.title }), href: hrefOf({ name: 'conversation', id: channel.id }) }] : []),
  ]
}
