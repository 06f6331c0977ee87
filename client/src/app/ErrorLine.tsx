/** What went wrong with a command, beside the button that started it. */
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'
import { errorText, useI18n } from './i18n.ts'

export function ErrorLine(props: { readonly code: string | null }): JSX.Element {
  const i18n = useI18n()
  return (
    <Show when={props.code}>
      {(code) => (
        <p class="error-line" role="alert">
          {errorText(i18n, code())}
        </p>
      )}
    </Show>
  )
}
