/** The only time that the recovery words are seen; the way on opens when they are said to be written down. */
import { Button, Checkbox } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, createSignal, onCleanup, onMount } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'

export function RecoveryWords(props: { readonly words: readonly string[]; readonly onConfirmed: () => void }): JSX.Element {
  const i18n = useI18n()
  const [isWritten, setWritten] = createSignal(false)
  // They cannot be shown again: the browser asks before it leaves this page.
  const hold = (event: BeforeUnloadEvent): void => {
    event.preventDefault()
  }
  onMount(() => {
    window.addEventListener('beforeunload', hold)
  })
  onCleanup(() => {
    window.removeEventListener('beforeunload', hold)
  })
  return (
    <main class="gate-card" data-width="wide">
      <h1>{i18n.t('words.title')}</h1>
      <p>{i18n.t('words.hint')}</p>
      <ol class="words" aria-label={i18n.t('words.list')} lang="en" translate="no">
        <For each={props.words}>
          {(word, index) => (
            <li>
              <span class="words-number" aria-hidden="true">
                {index() + 1}
              </span>
              {word}
            </li>
          )}
        </For>
      </ol>
      <Checkbox label={i18n.t('words.confirm')} checked={isWritten()} onInput={setWritten} />
      <div class="form-actions">
        <Button
          kind="primary"
          disabled={!isWritten()}
          onClick={() => {
            props.onConfirmed()
          }}
        >
          {i18n.t('words.continue')}
        </Button>
        <Button onClick={() => window.print()}>{i18n.t('words.print')}</Button>
      </div>
    </main>
  )
}
