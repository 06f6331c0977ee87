/** What opens over the screen, and what holds many things, by role, name and keyboard. */
import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { attachTooltips } from './tooltips.ts'
import { Divider, IconButton, List, Menu, Popover, Skeleton, Tabs, Toasts, Tree, showToast } from './index.ts'

let dispose = (): void => undefined
const show = (code: Parameters<typeof render>[0]): void => {
  dispose = render(code, document.body)
}
afterEach(() => {
  dispose()
  document.body.replaceChildren()
})
const press = async (...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await userEvent.keyboard(key.length === 1 ? key : `{${key}}`)
}

test('[UI12] a menu is worked by keyboard alone', async () => {
  const chosen: string[] = []
  show(() => (
    <Menu
      label="Channel"
      items={[
        { id: 'rename', label: 'Rename' },
        { id: 'mute', label: 'Mute' },
        { id: 'pin', label: 'Pin', isDisabled: true },
        { id: 'leave', label: 'Leave', isDanger: true, startsGroup: true },
      ]}
      onChoose={(id) => chosen.push(id)}
    />
  ))
  const button = page.getByRole('button', { name: 'Channel' })
  await press('Tab', 'Enter')
  await expect.element(page.getByRole('menuitem', { name: 'Rename' })).toHaveFocus()
  await press('ArrowDown', 'ArrowDown')
  await expect.element(page.getByRole('menuitem', { name: 'Leave' })).toHaveFocus()
  await press('m')
  await expect.element(page.getByRole('menuitem', { name: 'Mute' })).toHaveFocus()
  await press('Enter')
  expect(chosen).toEqual(['mute'])
  await expect.element(button).toHaveFocus()
  await press('ArrowDown')
  await expect.element(page.getByRole('menu', { name: 'Channel' })).toBeVisible()
  await press('Escape')
  await expect.element(page.getByRole('menu')).not.toBeInTheDocument()
  await expect.element(button).toHaveFocus()
  expect(chosen).toEqual(['mute'])
})

test('[UI13] a popover takes the focus and gives it back', async () => {
  show(() => (
    <Popover label="Why?" title="Because">
      <button type="button">Inside</button>
    </Popover>
  ))
  await press('Tab', 'Enter')
  await expect.element(page.getByRole('dialog', { name: 'Because' })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Inside' })).toHaveFocus()
  await press('Escape')
  await expect.element(page.getByRole('button', { name: 'Why?' })).toHaveFocus()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
})

function showTooltip(): void {
  const [isOn, setOn] = createSignal(false)
  onTestFinished(attachTooltips(document))
  show(() => (
    <main>
      <p>Elsewhere</p>
      <IconButton label="Details" keys={['Ctrl', 'D']} isPressed={isOn()} onPress={() => setOn(!isOn())}>
        <svg aria-hidden="true" />
      </IconButton>
    </main>
  ))
}
const tooltip = page.getByRole('tooltip')

test('[UI20] a button with a picture says its name at the focus until Escape, and is pressed', async () => {
  showTooltip()
  await press('Tab')
  await expect.element(tooltip).toHaveTextContent('DetailsCtrl+D')
  // Whatever is on a page belongs to a landmark.
  await expect.element(page.getByRole('main').getByRole('tooltip')).toBeVisible()
  await press('Escape')
  await expect.element(tooltip).not.toBeInTheDocument()
  await expect.element(page.getByRole('button', { name: 'Details' })).toHaveFocus()
  await press('Enter')
  await expect.element(page.getByRole('button', { name: 'Details', pressed: true })).toBeInTheDocument()
})

test('[UI20] it shows under a pointer, which may go onto it, and ends when the pointer is elsewhere', async () => {
  showTooltip()
  await page.getByRole('button', { name: 'Details' }).hover()
  await expect.element(tooltip).toBeVisible()
  await tooltip.hover()
  await new Promise((resolve) => requestAnimationFrame(resolve))
  await expect.element(tooltip).toBeVisible()
  await press('Escape')
  await expect.element(tooltip).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'Details' }).hover()
  await expect.element(tooltip).toBeVisible()
  await page.getByText('Elsewhere').hover()
  await expect.element(tooltip).not.toBeInTheDocument()
})

test('[UI14] tabs follow the arrows', async () => {
  show(() => (
    <Tabs
      label="Channel"
      tabs={[
        { id: 'people', label: 'People', content: () => <p>Twelve people</p> },
        { id: 'pins', label: 'Pins', content: () => <p>No pins</p> },
      ]}
    />
  ))
  await expect.element(page.getByRole('tabpanel', { name: 'People' })).toHaveTextContent('Twelve people')
  await press('Tab', 'ArrowRight')
  await expect.element(page.getByRole('tab', { name: 'Pins' })).toHaveFocus()
  await expect.element(page.getByRole('tabpanel', { name: 'Pins' })).toHaveTextContent('No pins')
  await press('Home')
  await expect.element(page.getByRole('tab', { name: 'People', selected: true })).toHaveFocus()
})

test('[UI15] a toast offers its way back and is closed', async () => {
  let undone = 0
  show(() => <Toasts label="Messages" />)
  showToast({ text: 'Revoked', closeLabel: 'Close', action: { label: 'Undo', run: () => undone++ } })
  await expect.element(page.getByRole('status', { name: 'Revoked' })).toBeVisible()
  await press('F8')
  await expect.element(page.getByRole('region', { name: 'Messages (F8)' }).getByRole('list')).toHaveFocus()
  await page.getByRole('button', { name: 'Undo' }).click()
  expect(undone).toBe(1)
  await expect.element(page.getByText('Revoked')).not.toBeInTheDocument()
  showToast({ text: 'Sent', closeLabel: 'Close' })
  await page.getByRole('button', { name: 'Close' }).click()
  await expect.element(page.getByText('Sent')).not.toBeInTheDocument()
})

test('[UI16] a tree is walked, opened and closed by keyboard', async () => {
  const [selected, setSelected] = createSignal<string | null>(null)
  const chosen: string[] = []
  const select = (id: string): void => {
    chosen.push(id)
    setSelected(id)
  }
  const nodes = [
    { id: 'plans', label: 'Plans', children: [{ id: '2026', label: '2026' }] },
    { id: 'notes', label: 'Notes' },
  ]
  show(() => <Tree label="Folders" nodes={nodes} selected={selected()} onSelect={select} />)
  await press('Tab')
  const plans = page.getByRole('treeitem', { name: 'Plans' })
  await expect.element(plans).toHaveFocus()
  await expect.element(plans).toHaveAttribute('aria-expanded', 'false')
  await press('ArrowRight')
  await expect.element(plans).toHaveAttribute('aria-expanded', 'true')
  await expect.element(plans).toHaveFocus()
  await press('ArrowRight')
  const child = page.getByRole('treeitem', { name: '2026' })
  await expect.element(child).toHaveFocus()
  await expect.element(child).toHaveAttribute('aria-level', '2')
  await press('Enter')
  await expect.element(child).toHaveAttribute('aria-selected', 'true')
  await press('End')
  await expect.element(page.getByRole('treeitem', { name: 'Notes' })).toHaveFocus()
  await press('Home', 'ArrowLeft')
  await expect.element(plans).toHaveFocus()
  await expect.element(child).not.toBeInTheDocument()
  expect(chosen).toEqual(['2026'])
})

test('[UI17] a list has a name and rows, or says that it is empty', async () => {
  const [rows, setRows] = createSignal([{ id: '1', label: 'Olena', note: 'Owner' }])
  show(() => <List label="Members" rows={rows()} empty="Nobody yet" />)
  await expect.element(page.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveTextContent('OlenaOwner')
  setRows([])
  await expect.element(page.getByText('Nobody yet')).toBeVisible()
})

test('[UI17] what is still read says so once', async () => {
  show(() => <Skeleton label="Opening" lines={5} />)
  await expect.element(page.getByRole('status')).toHaveTextContent('Opening')
  expect(document.querySelectorAll('.skeleton-line')).toHaveLength(5)
})

test('[UI18] a divider is moved by keys within its bounds, to the side on which it stands', async () => {
  const [width, setWidth] = createSignal(200)
  show(() => <Divider label="Edge" value={width()} min={160} max={240} side="left" onChange={setWidth} />)
  const edge = page.getByRole('separator', { name: 'Edge' })
  await press('Tab', 'ArrowLeft')
  await expect.element(edge).toHaveAttribute('aria-valuenow', '216')
  await press('ArrowRight', 'ArrowRight')
  await expect.element(edge).toHaveAttribute('aria-valuenow', '184')
  await press('End', 'ArrowLeft')
  await expect.element(edge).toHaveAttribute('aria-valuenow', '240')
  await press('Home')
  await expect.element(edge).toHaveAttribute('aria-valuenow', '160')
})
