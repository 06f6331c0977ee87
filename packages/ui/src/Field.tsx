/** Fields of forms: each with its label, its hint and its error joined to it for those who do not see them. */
import type { JSX } from 'solid-js'
import { For, Show, createUniqueId } from 'solid-js'

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
