/** What an adversary is: a name, and what it does once in a while during a storm. */
import type { Chance } from '../chance.ts'
import type { Mischief } from '../mischief.ts'
import type { Cast } from '../people.ts'
import type { Traitor } from './traitor.ts'

/** What a member with a changed client works with. */
export interface MemberAttack {
  readonly cast: Cast
  readonly chance: Chance
  readonly traitor: Traitor
  /** A text of its own that no honest device may ever show. */
  evil(): string
}

/** What a changed relay works with. */
export interface RelayAttack {
  readonly cast: Cast
  readonly chance: Chance
  readonly mischief: Mischief
}

export type Adversary =
  | { readonly name: string; readonly by: 'member'; act(attack: MemberAttack): Promise<void> }
  | { readonly name: string; readonly by: 'relay'; act(attack: RelayAttack): void }

/** In the text of everything that must never be shown. */
export const evilMark = 'evil-'
