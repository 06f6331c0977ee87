/** A button that opens a small panel beside itself: more about one thing, without leaving the screen. */
import { Popover as Base } from '@kobalte/core/popover'
import type { JSX } from 'solid-js'

export interface PopoverProps {
  /** Name of the button. */
  readonly label: string
  readonly title: string
  /** What the button shows; without it the label. */
  readonly trigger?: JSX.Element
  readonly children: JSX.Element
}

/** The focus goes in when it opens and back when it closes; Escape and a press beside it close. */
export function Popover(props: PopoverProps): JSX.Element {
  return (
    <Base gutter={4}>
      <Base.Trigger class={props.trigger ? 'icon-button' : 'button'} data-kind="secondary" aria-label={props.label}>
        {props.trigger ?? props.label}
      </Base.Trigger>
      <Base.Portal>
        <Base.Content class="floating popover">
          <Base.Title class="popover-title">{props.title}</Base.Title>
          {props.children}
        </Base.Content>
      </Base.Portal>
    </Base>
  )
}
