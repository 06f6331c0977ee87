/** What a story is: states of one component, each drawn alone, for the playground and its tests. */
import type { JSX } from 'solid-js'

export interface Story {
  /** The component's name. */
  readonly title: string
  /** One drawing per state, by the state's name. */
  readonly states: Readonly<Record<string, () => JSX.Element>>
}
