/** Sixty digits in groups of five, to be read aloud. */
import type { JSX } from 'solid-js'
import { For } from 'solid-js'
import { useI18n } from './i18n.ts'

export function SafetyNumber(props: { readonly digits: string }): JSX.Element {
  const i18n = useI18n()
  return (
    <p class="safety-number" aria-label={i18n.t('safety.label')} role="group">
      <For each={props.digits.split(' ')}>{(group) => <span>{`${group} `}</span>}</For>
    </p>
  )
}
