/** The way into a workspace, one question per screen. */
import type { DeviceId } from '@poruch/base'
import type { JSX } from 'solid-js'
import { Match, Switch, createSignal } from 'solid-js'
import { LanguageSwitch } from '../../app/LanguageSwitch.tsx'
import type { Entry } from '../../app/paths.ts'
import { useI18n } from '../../app/i18n.ts'
import type { OwnDevice, Phase } from '@poruch/replica'
import { CreateWorkspace } from './CreateWorkspace.tsx'
import { JoinWorkspace } from './JoinWorkspace.tsx'
import { RecoverAccount } from './RecoverAccount.tsx'
import { RecoveryWords } from './RecoveryWords.tsx'
import { WaitingForApproval } from './WaitingForApproval.tsx'
import { Welcome } from './Welcome.tsx'
import '../../app/gate.css'
import './onboarding.css'

export interface OnboardingProps {
  readonly phase: Phase
  readonly entry: Entry | null
  /** Shown until they are confirmed, whatever the phase. */
  readonly words: readonly string[] | null
  readonly onLink: (link: string) => void
  readonly onCreate: (options: { name: string; displayName: string }) => Promise<void>
  readonly onJoin: (options: { displayName: string }) => Promise<void>
  readonly onWordsConfirmed: () => void
  readonly onFindAccount: (words: string) => Promise<readonly OwnDevice[]>
  readonly onRecover: (words: string, revoke: readonly DeviceId[]) => Promise<void>
}

export function Onboarding(props: OnboardingProps): JSX.Element {
  const i18n = useI18n()
  const [hasWords, setHasWords] = createSignal(false)
  /** After a refusal another link leads back to its form. */
  const requesting = (): Extract<Phase, { name: 'requesting' }> | null => {
    if (props.phase.name !== 'requesting') return null
    const isOver = props.phase.state === 'denied' || props.phase.state === 'failed'
    return isOver && props.entry !== null ? null : props.phase
  }
  return (
    <div class="gate">
      <header class="gate-head">
        <span class="gate-mark">
          <img src="/icon.svg" alt="" />
          {i18n.t('app.name')}
        </span>
        <LanguageSwitch />
      </header>
      <Switch fallback={<Welcome onLink={props.onLink} onRecover={() => setHasWords(true)} />}>
        <Match when={props.words}>{(words) => <RecoveryWords words={words()} onConfirmed={props.onWordsConfirmed} />}</Match>
        <Match when={requesting()}>{(phase) => <WaitingForApproval phase={phase()} onLink={props.onLink} />}</Match>
        <Match when={(hasWords() && props.entry === null) || props.phase.name === 'recovering'}>
          <RecoverAccount phase={props.phase} onFind={props.onFindAccount} onRecover={props.onRecover} onBack={() => setHasWords(false)} />
        </Match>
        <Match when={props.entry?.kind === 'setup'}>
          <CreateWorkspace onCreate={props.onCreate} />
        </Match>
        <Match when={props.entry?.kind === 'invitation'}>
          <JoinWorkspace onJoin={props.onJoin} />
        </Match>
      </Switch>
    </div>
  )
}
