/** Sets, changes or removes the passphrase of this device. */
import { Dialog, DialogActions, PasswordField } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Show, createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { useLock } from '../../app/lock-context.ts'

export type PassphraseAim = 'set' | 'change' | 'remove'

/** Fewer are guessed in no time by who has the disk. */
export const passphraseMinCharacters = 8
const passphraseMaxCharacters = 1024

export function PassphraseDialog(props: { readonly aim: PassphraseAim; readonly onClose: () => void }): JSX.Element {
  const i18n = useI18n()
  return (
    <Dialog
      title={i18n.t(`lock.${props.aim}`)}
      onClose={() => {
        props.onClose()
      }}
    >
      <PassphraseForm
        aim={props.aim}
        onClose={() => {
          props.onClose()
        }}
      />
    </Dialog>
  )
}

function PassphraseForm(props: { readonly aim: PassphraseAim; readonly onClose: () => void }): JSX.Element {
  const i18n = useI18n()
  const lock = useLock()
  const [current, setCurrent] = createSignal('')
  const [next, setNext] = createSignal('')
  const [again, setAgain] = createSignal('')
  const [isSent, setSent] = createSignal(false)
  const asksCurrent = (): boolean => props.aim !== 'set'
  const asksNext = (): boolean => props.aim !== 'remove'
  const isShort = (): boolean => asksNext() && next().length < passphraseMinCharacters
  const isDifferent = (): boolean => asksNext() && again() !== next()
  const change = createAction(async () =>
    lock.changePassphrase({ current: asksCurrent() ? current() : null, next: asksNext() ? next() : null }),
  )
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setSent(true)
    if (isShort() || isDifferent() || (asksCurrent() && current() === '')) return
    if (await change.run()) props.onClose()
  }
  const reveal = i18n.t('lock.reveal')
  return (
    <form class="passphrase-form" onSubmit={(event) => void submit(event)} noValidate>
      <Show when={asksCurrent()}>
        <PasswordField
          label={i18n.t('lock.current')}
          reveal={reveal}
          value={current()}
          maxLength={passphraseMaxCharacters}
          autofocus
          onInput={setCurrent}
        />
      </Show>
      <Show when={asksNext()}>
        <PasswordField
          label={i18n.t('lock.new')}
          reveal={reveal}
          hint={i18n.t('lock.newHint')}
          error={isSent() && isShort() ? i18n.plural('lock.short', passphraseMinCharacters) : undefined}
          value={next()}
          maxLength={passphraseMaxCharacters}
          autofocus={!asksCurrent()}
          onInput={setNext}
        />
        <PasswordField
          label={i18n.t('lock.again')}
          reveal={reveal}
          error={isSent() && !isShort() && isDifferent() ? i18n.t('lock.different') : undefined}
          value={again()}
          maxLength={passphraseMaxCharacters}
          onInput={setAgain}
        />
      </Show>
      <ErrorLine code={change.code()} />
      <DialogActions
        cancel={i18n.t('action.cancel')}
        onCancel={() => props.onClose()}
        act={i18n.t(change.isBusy() ? 'lock.changing' : `lock.${props.aim}`)}
        isDisabled={change.isBusy()}
      />
    </form>
  )
}
