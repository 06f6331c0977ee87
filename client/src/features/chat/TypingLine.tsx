/** Who is typing: seen while it lasts, and said now and then to those who do not see it. */
import type { ConversationView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import type { AppI18n } from '../../app/i18n.ts'
import { useI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'

/** Between two announcements: whoever listens to messages wants to hear those. */
export const typingSaidEveryMs = 20_000

export function TypingLine(props: { readonly typing: ConversationView['typing'] }): JSX.Element {
  const i18n = useI18n()
  const text = (): string => typingText(i18n, props.typing)
  const [said, setSaid] = createSignal('')
  let lastMs = -typingSaidEveryMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const isTyping = (): boolean => props.typing.length > 0
  createEffect(
    on(isTyping, (now) => {
      if (!now || performance.now() - lastMs < typingSaidEveryMs) return
      lastMs = performance.now()
      setSaid(text())
      clearTimeout(timer)
      // Emptied, so that the same words are heard as new the next time.
      timer = setTimeout(() => setSaid(''), typingSaidEveryMs / 2)
    }),
  )
  onCleanup(() => {
    clearTimeout(timer)
  })
  return (
    <p class="typing">
      <span aria-hidden="true">{text()}</span>
      <span class="visually-hidden" role="status">
        {said()}
      </span>
    </p>
  )
}

function typingText(i18n: AppI18n, typing: ConversationView['typing']): string {
  const [first, second] = typing.map(({ name }) => personName(i18n, name))
  if (first === undefined) return ''
  if (second === undefined) return i18n.t('typing.single', { name: first })
  return typing.length === 2 ? i18n.t('typing.two', { first, second }) : i18n.plural('typing.more', typing.length - 1, { name: first })
}
