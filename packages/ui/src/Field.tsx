/** Fields of forms: each with its label, its hint and its error joined to it for those who do not see them. */
import Eye from 'lucide-solid/icons/eye'
import EyeOff from 'lucide-solid/icons/eye-off'
import type { JSX } from 'solid-js'
import { For, Show, createSignal, createUniqueId, onMount } from 'solid-js'

interface Labelled {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
}

export interface FieldProps extends Labelled {
  readonly value: string
  readonly onInput?: (value: string) => void
  readonly type?: 'text' | 'number' | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly maxLength?: number | undefined
  readonly required?: boolean | undefined
  readonly readOnly?: boolean | undefined
  readonly autofocus?: boolean | undefined
}

export function Field(props: FieldProps): JSX.Element {
  const id = createUniqueId()
  return (
    <Labels id={id} labels={props}>
      <input
        id={id}
        class="field-control"
        type={props.type ?? 'text'}
        min={props.min}
        max={props.max}
        maxLength={props.maxLength}
        required={props.required}
        readOnly={props.readOnly}
        autofocus={props.autofocus}
        // Browsers keep what is remembered for a field in the clear.
        autocomplete="off"
        aria-invalid={props.error !== undefined}
        aria-describedby={`${id}-hint ${id}-error`}
        value={props.value}
        onInput={(event) => props.onInput?.(event.currentTarget.value)}
      />
    </Labels>
  )
}

export interface PasswordFieldProps extends Labelled {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly maxLength?: number | undefined
  readonly disabled?: boolean | undefined
  readonly autofocus?: boolean | undefined
  /** Names the button that shows what is typed. */
  readonly reveal: string
}

/** Hides what is typed, and shows it as long as the button is pressed in. */
export function PasswordField(props: PasswordFieldProps): JSX.Element {
  const id = createUniqueId()
  const [isShown, setShown] = createSignal(false)
  let input: HTMLInputElement | undefined
  // The attribute counts only in a page, or dialog, that is just opening.
  onMount(() => {
    if (props.autofocus) input?.focus()
  })
  return (
    <Labels id={id} labels={props}>
      <span class="field-secret">
        <input
          ref={(element) => {
            input = element
          }}
          id={id}
          class="field-control"
          type={isShown() ? 'text' : 'password'}
          maxLength={props.maxLength}
          disabled={props.disabled}
          autofocus={props.autofocus}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={props.error !== undefined}
          aria-describedby={`${id}-hint ${id}-error`}
          value={props.value}
          onInput={(event) => {
            props.onInput(event.currentTarget.value)
          }}
        />
        <button type="button" class="icon-button" aria-label={props.reveal} aria-pressed={isShown()} onClick={() => setShown(!isShown())}>
          <Show when={isShown()} fallback={<Eye size={16} aria-hidden="true" />}>
            <EyeOff size={16} aria-hidden="true" />
          </Show>
        </button>
      </span>
    </Labels>
  )
}

export interface SelectFieldProps extends Labelled {
  readonly value: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly onInput: (value: string) => void
}

export function SelectField(props: SelectFieldProps): JSX.Element {
  const id = createUniqueId()
  return (
    <Labels id={id} labels={props}>
      <select
        id={id}
        class="field-control"
        aria-describedby={`${id}-hint ${id}-error`}
        onInput={(event) => {
          props.onInput(event.currentTarget.value)
        }}
      >
        <For each={props.options}>
          {(option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.label}
            </option>
          )}
        </For>
      </select>
    </Labels>
  )
}

export interface CheckboxProps {
  readonly label: string
  readonly checked: boolean
  readonly onInput: (checked: boolean) => void
}

export function Checkbox(props: CheckboxProps): JSX.Element {
  return (
    <label class="checkbox">
      <input
        type="checkbox"
        checked={props.checked}
        onInput={(event) => {
          props.onInput(event.currentTarget.checked)
        }}
      />
      <span>{props.label}</span>
    </label>
  )
}

function Labels(props: { readonly id: string; readonly labels: Labelled; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class="field">
      <label class="field-label" for={props.id}>
        {props.labels.label}
      </label>
      {props.children}
      <Show when={props.labels.hint}>
        <p class="field-hint" id={`${props.id}-hint`}>
          {props.labels.hint}
        </p>
      </Show>
      <Show when={props.labels.error}>
        <p class="field-error" id={`${props.id}-error`} role="alert">
          {props.labels.error}
        </p>
      </Show>
    </div>
  )
}
