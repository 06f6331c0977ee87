/** A button: the one way to start an action. */
import type { JSX } from 'solid-js'
import { splitProps } from 'solid-js'

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  /** `primary` once per screen; `danger` for what cannot be undone. Default `secondary`. */
  readonly kind?: 'primary' | 'secondary' | 'quiet' | 'danger'
  readonly size?: 'normal' | 'small'
}

/** Of type `button` unless said otherwise, so that it never sends a form by accident. */
export function Button(props: ButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ['kind', 'size', 'type', 'class'])
  return (
    <button
      {...rest}
      type={own.type ?? 'button'}
      class={`button ${own.class ?? ''}`}
      data-kind={own.kind ?? 'secondary'}
      data-size={own.size ?? 'normal'}
    />
  )
}
