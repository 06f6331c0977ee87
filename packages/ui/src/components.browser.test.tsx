/** The kit, as people meet it: by role, name and keyboard. */
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { Avatar, Badge, Banner, Button, Checkbox, Dialog, EmptyState, Field, PasswordField, SelectField, initialsOf } from './index.ts'

let dispose = (): void => undefined
const show = (code: Parameters<typeof render>[0]): void => {
  dispose = render(code, document.body)
}
afterEach(() => {
  dispose()
})

test('[UI1] a button is pressed by pointer and by keyboard, and not while disabled', async () => {
  const [isBusy, setBusy] = createSignal(false)
  let pressed = 0
  show(() => (
    <Button disabled={isBusy()} onClick={() => pressed++}>
      Save
    </Button>
  ))
  const button = page.getByRole('button', { name: 'Save' })
  await button.click()
  await userEvent.keyboard('{Enter}')
  expect(pressed).toBe(2)
  setBusy(true)
  await expect.element(button).toBeDisabled()
})

test('[UI2] a field is found by its label and says its hint and its error', async () => {
  const [value, setValue] = createSignal('')
  show(() => (
    <Field label="Name" hint="As others see it" error={value() === '' ? undefined : 'Too short'} value={value()} onInput={setValue} />
  ))
  const field = page.getByRole('textbox', { name: 'Name' })
  await expect.element(field).toHaveAccessibleDescription('As others see it')
  await field.fill('A')
  await expect.element(page.getByRole('alert')).toHaveTextContent('Too short')
  await expect.element(field).toHaveAccessibleDescription('As others see it Too short')
  await expect.element(field).toBeInvalid()
  await expect.element(field).toHaveValue('A')
})

test('[UI2] choices and ticks are found by their labels', async () => {
  const chosen: unknown[] = []
  const options = ['viewer', 'editor'].map((option) => ({ value: option, label: `As ${option}` }))
  show(() => (
    <>
      <SelectField label="Role" value="editor" options={options} onInput={(value) => chosen.push(value)} />
      <Checkbox label="I agree" checked={false} onInput={(isChecked) => chosen.push(isChecked)} />
    </>
  ))
  const select = page.getByRole('combobox', { name: 'Role' })
  await expect.element(select).toHaveValue('editor')
  await select.selectOptions('viewer')
  await page.getByRole('checkbox', { name: 'I agree' }).click()
  expect(chosen).toEqual(['viewer', true])
})

test('[UI3] a dialog has a name, keeps the focus, closes by Escape and gives the focus back', async () => {
  const [isOpen, setOpen] = createSignal(false)
  show(() => (
    <>
      <Button onClick={() => setOpen(true)}>Open</Button>
      {isOpen() && (
        <Dialog title="Remove Bob?" onClose={() => setOpen(false)}>
          <Button>Remove</Button>
        </Dialog>
      )}
    </>
  ))
  await page.getByRole('button', { name: 'Open' }).click()
  await expect.element(page.getByRole('dialog', { name: 'Remove Bob?' })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Remove' })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Open' })).toHaveFocus()
})

test('[UI4] avatars show initials to the eye only; names without letters get a mark', () => {
  expect([initialsOf('Олена Пчілка'), initialsOf('bob'), initialsOf('Anna Maria Kern'), initialsOf('  ')]).toEqual(['ОП', 'B', 'AK', '?'])
  show(() => <Avatar id="ff00" name="Bob" />)
  expect(document.querySelector('.avatar')?.getAttribute('aria-hidden')).toBe('true')
})

test('[UI5] a badge counts to 99, says it in words, and is not there at zero', async () => {
  const [count, setCount] = createSignal(0)
  show(() => <Badge count={count()} label={`${count()} unread`} />)
  expect(document.querySelector('.badge')).toBeNull()
  setCount(120)
  await expect.element(page.getByText('99+')).toBeVisible()
  await expect.element(page.getByText('120 unread')).toBeInTheDocument()
})

test('[UI6] states that last are said as a status; an empty screen names the next step', async () => {
  show(() => (
    <>
      <Banner kind="warning">No connection</Banner>
      <EmptyState title="No messages" hint="Write the first one" />
    </>
  ))
  await expect.element(page.getByRole('status')).toHaveTextContent('No connection')
  await expect.element(page.getByText('Write the first one')).toBeVisible()
})

test('[UI19] a secret is hidden until its button is pressed in, and its field takes the focus', async () => {
  const [value, setValue] = createSignal('')
  show(() => <PasswordField label="Passphrase" reveal="Show it" value={value()} onInput={setValue} autofocus />)
  const field = page.getByLabelText('Passphrase')
  await expect.element(field).toHaveFocus()
  await field.fill('secret')
  await expect.element(field).toHaveValue('secret')
  await expect.element(field).toHaveAttribute('type', 'password')
  const reveal = page.getByRole('button', { name: 'Show it' })
  await reveal.click()
  await expect.element(reveal).toHaveAttribute('aria-pressed', 'true')
  await expect.element(field).toHaveAttribute('type', 'text')
  await reveal.click()
  await expect.element(field).toHaveAttribute('type', 'password')
})
