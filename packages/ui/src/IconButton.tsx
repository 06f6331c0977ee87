/** A button that shows a picture alone; `attachTooltips` shows its name under the pointer and with the focus. */
import type { JSX } from 'solid-js'

export interface IconButtonProps {
  /** Its name, and what the tooltip says. */
  readonly label: string
  /** Of its shortcut, as on this keyboard, in the order of pressing: for eyes. */
  readonly keys?: readonly string[]
  /** Its shortcut in the form of `aria-keyshortcuts`. */
  readonly shortcut?: string
  readonly isPressed?: boolean | undefined
  readonly isDisabled?: boolean
  readonly onPress: () => void
  readonly children: JSX.Element
}

export function IconButton(props: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={props.label}
      aria-pressed={props.isPressed}
      aria-keyshortcuts={props.shortcut}
      data-keys={props.keys?.join('+')}
      disabled={props.isDisabled ?? false}
      onClick={() => {
        props.onPress()
      }}
    >
      {props.children}
    </button>
  )
}
