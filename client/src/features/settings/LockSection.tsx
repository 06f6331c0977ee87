/** The lock of this device: its passphrase, and when it locks by itself. */
import { Button, SelectField, createPlainView } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { Match, Show, Switch, createSignal } from 'solid-js'
import { autoLockChoices, readAutoLock, writeAutoLock } from '../../app/auto-lock.ts'
import type { AutoLockChoice } from '../../app/auto-lock.ts'
import { useI18n } from '../../app/i18n.ts'
import type { AppI18n } from '../../app/i18n.ts'
import { useLock } from '../../app/lock-context.ts'
import { lockKeys } from '../../app/shortcuts.ts'
import { PassphraseDialog } from './PassphraseDialog.tsx'
import type { PassphraseAim } from './PassphraseDialog.tsx'

export function LockSection(): JSX.Element {
  const i18n = useI18n()
  const lock = useLock()
  const state = createPlainView(() => lock.state)
  const passphrase = (): 'none' | 'set' | 'impossible' => {
    const present = state()
    return present.name === 'open' ? present.passphrase : 'set'
  }
  const [aim, setAim] = createSignal<PassphraseAim | null>(null)
  return (
    <section class="page-section settings-fields" aria-labelledby="settings-lock">
      <h2 id="settings-lock">{i18n.t('settings.lock')}</h2>
      <p>{i18n.t(`lock.state.${passphrase()}`)}</p>
      <Switch>
        <Match when={passphrase() === 'none'}>
          <Button onClick={() => setAim('set')}>{i18n.t('lock.set')}</Button>
        </Match>
        <Match when={passphrase() === 'set'}>
          <AutoLock />
          <div class="settings-actions">
            <Button onClick={() => void lock.lock()}>{i18n.t('lock.now', { keys: lockKeys.join('+') })}</Button>
            <Button onClick={() => setAim('change')}>{i18n.t('lock.change')}</Button>
            <Button onClick={() => setAim('remove')}>{i18n.t('lock.remove')}</Button>
          </div>
        </Match>
      </Switch>
      <Show when={aim()}>{(what) => <PassphraseDialog aim={what()} onClose={() => setAim(null)} />}</Show>
    </section>
  )
}

function AutoLock(): JSX.Element {
  const i18n = useI18n()
  return (
    <SelectField
      label={i18n.t('lock.auto')}
      hint={i18n.t('lock.autoHint')}
      value={readAutoLock()}
      options={autoLockChoices.map((value) => ({ value, label: choiceText(i18n, value) }))}
      onInput={(value) => {
        writeAutoLock(value as AutoLockChoice)
      }}
    />
  )
}

function choiceText(i18n: AppI18n, choice: AutoLockChoice): string {
  return choice === 'never' ? i18n.t('lock.autoNever') : i18n.plural('lock.autoMinutes', Number(choice))
}
