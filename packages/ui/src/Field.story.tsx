/** States of the fields of a form. */
import { Checkbox, Field, PasswordField, SelectField } from './Field.tsx'
import type { Story } from './story.ts'

const options = [
  { value: 'viewer', label: 'Може читати' },
  { value: 'editor', label: 'Може писати' },
]
const input = (): void => undefined

export const story: Story = {
  title: 'Field',
  states: {
    plain: () => <Field label="Назва каналу" value="" />,
    'with a hint': () => <Field label="Your name" hint="As the others see it" value="Олена Коваль" />,
    wrong: () => <Field label="Your name" error="At most 64 characters" value="…" />,
    'read only': () => <Field label="Посилання" readOnly value="https://relay.example/#i/AQ…" />,
    secret: () => <PasswordField label="Парольна фраза" reveal="Показати введене" value="чотири слова" onInput={input} />,
    choice: () => <SelectField label="Роль" value="editor" options={options} onInput={input} />,
    tick: () => <Checkbox label="An admin confirms each person" checked onInput={input} />,
  },
}
