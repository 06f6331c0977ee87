/** Where a message is written. What was typed is never lost: a text that could not be kept comes back. */
import type { JSX } from 'solid-js'
import { Button } from '@poruch/ui'
import SendHorizontal from 'lucide-solid/icons/send-horizontal'
import { Show, createSignal, onMount } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { FormattedText } from './FormattedText.tsx'
import { marksByKey, toggleMark } from './composer-marks.ts'
import { draftMaxCharacters } from './drafts.ts'
import { hasMarkdown } from './markdown.ts'
import { errorCodeOf, useI18n } from '../../app/i18n.ts'

/** As the model has it; the count is shown from this many characters before it. */
export const textMaxCharacters = 16_000
const countShownCharacters = 500

export interface ComposerProps {
  readonly title: string
  readonly draft: string
  /** What is being sent is a draft on the disk until `sending` has settled. */
  readonly onDraft: (text: string, sending?: Promise<void>) => void
  /** Resolves when the text is durable on this device. */
  readonly onSend: (text: string) => Promise<void>
}

export function Composer(props: ComposerProps): JSX.Element {
  const i18n = useI18n()
  const [code, setCode] = createSignal<string | null>(null)
  let input: HTMLTextAreaElement | undefined
  onMount(() => {
    // On a phone the keyboard would cover the conversation that was just opened.
    if (matchMedia('(pointer: fine)').matches) input?.focus()
  })
  const left = (): number => textMaxCharacters - props.draft.trim().length
  const canSend = (): boolean => props.draft.trim() !== '' && left() >= 0
  const send = async (): Promise<void> => {
    if (!canSend()) return
    const text = props.draft.trim()
    const giveBack = props.onDraft
    setCode(null)
    const sending = props.onSend(text)
    props.onDraft('', sending)
    try {
      await sending
    } catch (thrown) {
      setCode(errorCodeOf(thrown))
      giveBack(input && input.value !== '' ? `${text}\n${input.value}` : text)
    }
  }
  /** True when the key was one of a mark. */
  const mark = (event: KeyboardEvent): boolean => {
    const found = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey ? marksByKey[event.code] : undefined
    if (found === undefined || !input) return false
    const { text, from, to } = toggleMark({ text: input.value, from: input.selectionStart, to: input.selectionEnd }, found)
    props.onDraft(text)
    input.setSelectionRange(from, to)
    return true
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (mark(event)) return event.preventDefault()
    // While an input method composes, Enter belongs to it (229: Safari ends the composition before the key comes).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    void send()
  }
  return (
    <form
      class="composer"
      data-region="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <ErrorLine code={code()} />
      <Show when={hasMarkdown(props.draft)}>
        <div class="composer-preview message-text" role="group" aria-label={i18n.t('chat.preview')} dir="auto">
          <FormattedText text={props.draft} />
        </div>
      </Show>
      <div class="composer-box">
        <textarea
          ref={(element) => {
            input = element
          }}
          rows={1}
          aria-label={i18n.t('chat.composer')}
          placeholder={i18n.t('chat.placeholder', { title: props.title })}
          value={props.draft}
          maxLength={draftMaxCharacters}
          // Browsers keep what stands in a field for the next session, in the clear; a draft is kept by the replica.
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => {
            props.onDraft(event.currentTarget.value)
          }}
          onKeyDown={onKeyDown}
        />
        <Button kind="primary" type="submit" disabled={!canSend()}>
          <SendHorizontal size={16} aria-hidden="true" />
          <span class="send-word">{i18n.t('chat.send')}</span>
        </Button>
      </div>
      <Show when={left() <= countShownCharacters}>
        <p class="composer-note" role="status" data-over={left() < 0}>
          {left() < 0 ? i18n.plural('chat.over', -left()) : i18n.plural('chat.left', left())}
        </p>
      </Show>
    </form>
  )
}
