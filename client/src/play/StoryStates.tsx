/** One component: its states, each under its name. */
import type { Story } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { For } from 'solid-js'

export function StoryStates(props: { readonly story: Story }): JSX.Element {
  return (
    <section class="story">
      <h2>{props.story.title}</h2>
      <For each={Object.entries(props.story.states)}>
        {([name, draw]) => (
          <figure class="story-state">
            <figcaption>{name}</figcaption>
            <div class="story-drawing">{draw()}</div>
          </figure>
        )}
      </For>
    </section>
  )
}
