/** States of the button with a picture. */
import Search from 'lucide-solid/icons/search'
import { IconButton } from './IconButton.tsx'
import type { Story } from './story.ts'

const press = (): void => undefined

export const story: Story = {
  title: 'IconButton',
  states: {
    plain: () => (
      <IconButton label="Шукати" keys={['Control', 'K']} onPress={press}>
        <Search size={16} aria-hidden="true" />
      </IconButton>
    ),
    pressed: () => (
      <IconButton label="Details" isPressed onPress={press}>
        <Search size={16} aria-hidden="true" />
      </IconButton>
    ),
    disabled: () => (
      <IconButton label="Details" isDisabled onPress={press}>
        <Search size={16} aria-hidden="true" />
      </IconButton>
    ),
  },
}
