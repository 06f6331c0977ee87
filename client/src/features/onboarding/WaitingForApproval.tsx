/** What has become of the request to join. */
import type { Phase } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Match, Show, Switch } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { SafetyNumber } from '../../app/SafetyNumber.tsx'
import { LinkForm } from './Welcome.tsx'
import type { TextKey } from '../../app/i18n.ts'
import { useI18n } from '../../app/i18n.ts'

type Requesting = Extract<Phase, { name: 'requesting' }>

const titles: Readonly<Record<Requesting['state'], TextKey>> = {
  sending: 'waiting.sending',
  waiting: 'waiting.title',
  denied: 'waiting.denied',
  failed: 'waiting.failed',
}

export function WaitingForApproval(props: { readonly phase: Requesting; readonly onLink: (link: string) => void }): JSX.Element {
  const i18n = useI18n()
  return (
    <main class="gate-card">
      <h1>{i18n.t(titles[props.phase.state])}</h1>
      <Switch fallback={<p role="status">{i18n.t('waiting.hint')}</p>}>
        <Match when={props.phase.state === 'denied'}>
          <p role="status">{i18n.t('waiting.deniedHint')}</p>
        </Match>
        <Match when={props.phase.state === 'failed'}>
          <ErrorLine code={props.phase.code ?? 'unexpected'} />
        </Match>
      </Switch>
      <Show when={props.phase.state === 'denied' || props.phase.state === 'failed'}>
        <LinkForm onLink={props.onLink} />
      </Show>
      <Show when={props.phase.state !== 'denied' && props.phase.safetyNumber}>
        {(digits) => (
          <>
            <SafetyNumber digits={digits()} />
            <p>{i18n.t('waiting.safety')}</p>
          </>
        )}
      </Show>
    </main>
  )
}
