/** A button that shows a picture alone; its name appears under the pointer and with the focus. */
import { Tooltip } from '@kobalte/core/tooltip'
import type { JSX } from 'solid-js'
import { Show } from 'solid-js'

export interface IconButtonProps {
  /** Its name, and what the tooltip says. */
  readonly label: string
  /** Of its shortcut, as on the keyboard, in the order of pressing. */
  readonly keys?: readonly string[]
  readonly isPressed?: boolean | undefined
  readonly isDisabled?: boolean
  readonly onPress: () => void
  readonly children: JSX.Element
}

/** Half a second: tooltips that follow a pointer on its way elsewhere are noise. */
const openDelayMs = 500

export function IconButton(props: IconButtonProps): JSX.Element {
  return (
    <Tooltip openDelay={openDelayMs} gutter={4}>
      <Tooltip.Trigger
        class="icon-button"
        aria-label={props.label}
        aria-pressed={props.isPressed}
        aria-keyshortcuts={props.keys?.join('+')}
        disabled={props.isDisabled ?? false}
        onClick={() => {
          props.onPress()
        }}
      >
        {props.children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content class="floating tooltip">
          {props.label}
          <Show when={props.keys}>{(keys) => <span class="menu-detail">{keys().join('+')}</span>}</Show>
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip>
  )
}
