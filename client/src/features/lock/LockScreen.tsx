/** Asks for the passphrase: one field, and the way out for those who forgot it. */
import { Button, PasswordField } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, createEffect, createSignal, onCleanup } from 'solid-js'
import { ConfirmDialog } from '../../app/ConfirmDialog.tsx'
import { LanguageSwitch } from '../../app/LanguageSwitch.tsx'
import { createAction } from '../../app/create-action.ts'
import { errorText, useI18n } from '../../app/i18n.ts'
import type { AppI18n } from '../../app/i18n.ts'
import '../../app/gate.css'
import './lock.css'

export interface LockScreenProps {
  /** When the next guess is taken. */
  readonly retryAtMs: number
  readonly onUnlock: (passphrase: string) => Promise<void>
  /** Deletes the locked copy. */
  readonly onErase: () => Promise<void>
}

/** As much as the vault takes. */
const passphraseMaxCharacters = 1024
const msPerSecond = 1_000
const minuteSeconds = 60

export function LockScreen(props: LockScreenProps): JSX.Element {
  const i18n = useI18n()
  const [isForgotten, setForgotten] = createSignal(false)
  return (
    <div class="gate">
      <header class="gate-head">
        <span class="gate-mark">
          <img src="/icon.svg" alt="" />
          {i18n.t('app.name')}
        </span>
        <LanguageSwitch />
      </header>
      <main class="gate-card" data-width="narrow">
        <h1>{i18n.t('lock.title')}</h1>
        <p class="soft">{i18n.t('lock.hint')}</p>
        <UnlockForm retryAtMs={props.retryAtMs} onUnlock={props.onUnlock} />
        <button type="button" class="lock-forgot" onClick={() => setForgotten(true)}>
          {i18n.t('lock.forgot')}
        </button>
      </main>
      <Show when={isForgotten()}>
        <ConfirmDialog
          title={i18n.t('lock.forgottenTitle')}
          hint={`${i18n.t('lock.forgottenWhy')} ${i18n.t('lock.forgottenLoss')}`}
          confirm={i18n.t('lock.erase')}
          onConfirm={props.onErase}
          onClose={() => setForgotten(false)}
        />
      </Show>
    </div>
  )
}

function UnlockForm(props: Pick<LockScreenProps, 'retryAtMs' | 'onUnlock'>): JSX.Element {
  const i18n = useI18n()
  const [passphrase, setPassphrase] = createSignal('')
  const action = createAction(async () => props.onUnlock(passphrase()))
  const leftSeconds = createCountdown(() => props.retryAtMs)
  const error = (): string | undefined => {
    const code = action.code()
    const said = code === null || code === 'too-many-tries' ? [] : [errorText(i18n, code)]
    return [...said, ...waitText(i18n, leftSeconds())].join(' ') || undefined
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (passphrase() !== '' && leftSeconds() === 0) void action.run()
  }
  return (
    <form onSubmit={submit}>
      <PasswordField
        label={i18n.t('lock.passphrase')}
        reveal={i18n.t('lock.reveal')}
        value={passphrase()}
        maxLength={passphraseMaxCharacters}
        error={error()}
        autofocus
        onInput={setPassphrase}
      />
      <Button kind="primary" type="submit" disabled={action.isBusy() || passphrase() === '' || leftSeconds() > 0}>
        {i18n.t(action.isBusy() ? 'lock.busy' : 'lock.unlock')}
      </Button>
    </form>
  )
}

/** Whole seconds until then, counted down while the owner lives. */
function createCountdown(atMs: () => number): () => number {
  const leftOf = (): number => Math.max(0, Math.ceil((atMs() - Date.now()) / msPerSecond))
  const [left, setLeft] = createSignal(0)
  createEffect(() => {
    setLeft(leftOf())
    const timer = setInterval(() => {
      if (setLeft(leftOf()) === 0) clearInterval(timer)
    }, msPerSecond / 2)
    onCleanup(() => {
      clearInterval(timer)
    })
  })
  return left
}

function waitText(i18n: AppI18n, seconds: number): readonly string[] {
  if (seconds === 0) return []
  return [seconds <= minuteSeconds ? i18n.plural('lock.seconds', seconds) : i18n.plural('lock.minutes', Math.ceil(seconds / minuteSeconds))]
}
