/** All shortcuts, searchable. */
import { Button, Dialog, Field, fuzzyScore } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For, Show, createMemo, createSignal } from 'solid-js'
import { useI18n } from './i18n.ts'
import { shortcuts } from './shortcuts.ts'

export function ShortcutList(props: { readonly onClose: () => void }): JSX.Element {
  const i18n = useI18n()
  const [query, setQuery] = createSignal('')
  const found = createMemo(() =>
    shortcuts.filter(({ keys, text }) => fuzzyScore(query(), `${i18n.t(text)} ${keys.flat().join(' ')}`) !== null),
  )
  return (
    <Dialog
      title={i18n.t('shortcuts.title')}
      onClose={() => {
        props.onClose()
      }}
    >
      <Field label={i18n.t('shortcuts.search')} value={query()} autofocus onInput={setQuery} />
      <Show
        when={found().length > 0}
        fallback={
          <p class="soft" role="status">
            {i18n.t('palette.none')}
          </p>
        }
      >
        <dl class="shortcuts">
          <For each={found()}>
            {(shortcut) => (
              <div>
                <dt>{i18n.t(shortcut.text)}</dt>
                <dd>
                  <For each={shortcut.keys}>
                    {(keys) => (
                      <span>
                        <For each={keys}>{(key) => <kbd>{key}</kbd>}</For>
                      </span>
                    )}
                  </For>
                </dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
      <div class="dialog-actions">
        <Button
          onClick={() => {
            props.onClose()
          }}
        >
          {i18n.t('action.done')}
        </Button>
      </div>
    </Dialog>
  )
}
