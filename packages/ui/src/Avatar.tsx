/** A person without a picture: initials on a flat colour that stays the same for the same person. */
import type { JSX } from 'solid-js'

export interface AvatarProps {
  /** A hexadecimal id; it picks the colour. */
  readonly id: string
  readonly name: string
  readonly size?: 'normal' | 'small'
  /** With a dot: the words for it stand beside it. */
  readonly isHere?: boolean
}

/** Decoration only: the name stands beside it. */
export function Avatar(props: AvatarProps): JSX.Element {
  return (
    <span class="avatar" data-hue={hueOf(props.id)} data-size={props.size ?? 'normal'} data-here={props.isHere === true} aria-hidden="true">
      {initialsOf(props.name)}
    </span>
  )
}

/** One of eight colours. */
export function hueOf(id: string): number {
  return (Number.parseInt(id.slice(0, 2), 16) || 0) % 8
}

/** The first letters of the first and the last word; `?` without any. */
export function initialsOf(name: string): string {
  // Marks that are not seen are no letters, and could turn what follows.
  const words = name
    .replace(/\p{C}/gu, '')
    .split(/\s+/u)
    .filter((word) => word !== '')
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => Array.from(word ?? '')[0] ?? '')
  return letters.join('').toLocaleUpperCase() || '?'
}
