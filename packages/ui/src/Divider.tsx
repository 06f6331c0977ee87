/** The edge between two panes, moved by pointer or arrow keys. */
import type { JSX } from 'solid-js'

export interface DividerProps {
  readonly label: string
  /** Width of the pane that it belongs to, in CSS pixels. */
  readonly value: number
  readonly min: number
  readonly max: number
  /** On which side of that pane it stands: to the `right` of it, moving right makes it wider. */
  readonly side: 'left' | 'right'
  readonly onChange: (value: number) => void
}

/** One press of an arrow, in CSS pixels. */
const stepPx = 16

/** A separator with a value (WAI-ARIA, window splitter pattern): arrows, Home and End; a double press gives `min`. */
export function Divider(props: DividerProps): JSX.Element {
  const change = (value: number): void => {
    props.onChange(Math.round(Math.min(props.max, Math.max(props.min, value))))
  }
  const sign = (): 1 | -1 => (props.side === 'right' ? 1 : -1)
  const keys: Readonly<Record<string, () => number>> = {
    ArrowRight: () => props.value + sign() * stepPx,
    ArrowLeft: () => props.value - sign() * stepPx,
    Home: () => props.min,
    End: () => props.max,
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = event.altKey || event.ctrlKey || event.metaKey ? undefined : keys[event.key]
    if (!next) return
    event.preventDefault()
    change(next())
  }
  const onPointerDown = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    if (event.button !== 0) return
    const { currentTarget, clientX } = event
    const before = props.value
    currentTarget.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent): void => {
      change(before + sign() * (moved.clientX - clientX))
    }
    currentTarget.addEventListener('pointermove', move)
    currentTarget.addEventListener('lostpointercapture', () => currentTarget.removeEventListener('pointermove', move), { once: true })
  }
  return (
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label={props.label}
      aria-valuenow={props.value}
      aria-valuemin={props.min}
      aria-valuemax={props.max}
      data-side={props.side}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
    />
  )
}
