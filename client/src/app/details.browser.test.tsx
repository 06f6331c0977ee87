/** The right pane and the edges of the panes: opened, moved and remembered. */
import { render } from 'solid-js/web'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { bob, channel, digits, makeOpenDevice, makePlainDevice } from '../testing/people.ts'
import { App } from './App.tsx'
import type { Device } from './device.ts'
import { hrefOf } from './paths.ts'
import '../testing/all-languages.ts'
import './app.css'

beforeEach(async () => {
  await page.viewport(1280, 800)
  localStorage.clear()
  localStorage.setItem('poruch/language', 'en')
})

function showApp(fragment: string): () => void {
  history.replaceState(null, '', `${location.pathname}${fragment}`)
  const device = makePlainDevice({ name: 'member' })
  const boot = async (): Promise<Device> => Promise.resolve(makeOpenDevice(device))
  const dispose = render(() => <App boot={boot} />, document.body)
  onTestFinished(() => {
    dispose()
    localStorage.removeItem('poruch/layout')
  })
  return dispose
}

const channelAddress = hrefOf({ name: 'conversation', id: channel })

test('[CL113] the details of a conversation open by button and by keys, say who reads it, and stay open', async () => {
  const dispose = showApp(channelAddress)
  const button = page.getByRole('button', { name: 'Details', exact: true })
  await button.click()
  await expect.element(button).toHaveAttribute('aria-pressed', 'true')
  const pane = page.getByRole('complementary', { name: 'Details' })
  await expect.element(pane.getByRole('heading', { name: '2 readers' })).toBeVisible()
  await expect.element(pane.getByRole('list', { name: 'Who reads this conversation' }).getByText('Bob')).toBeVisible()
  await userEvent.keyboard('{Control>}.{/Control}')
  await expect.element(pane).not.toBeInTheDocument()
  await userEvent.keyboard('{Control>}.{/Control}')
  await expect.element(pane).toBeVisible()
  dispose()
  showApp(hrefOf({ name: 'conversation', id: { kind: 'direct', user: bob } }))
  await expect.element(page.getByRole('group', { name: 'Safety number' })).toMatchTextContent(digits.slice(0, 5))
  await page.getByRole('button', { name: 'Close details' }).click()
  await expect.element(page.getByRole('complementary')).not.toBeInTheDocument()
})

test('[CL113] on a phone the details cover the conversation, and closing them, or another conversation, shows it again', async () => {
  await page.viewport(390, 844)
  showApp(channelAddress)
  await page.getByRole('button', { name: 'Details', exact: true }).click()
  await expect.element(page.getByRole('complementary')).toBeVisible()
  await expect.element(page.getByRole('textbox')).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'Close details' }).click()
  await expect.element(page.getByRole('textbox')).toBeVisible()
  await page.getByRole('button', { name: 'Details', exact: true }).click()
  location.hash = hrefOf({ name: 'conversation', id: { kind: 'direct', user: bob } })
  await expect.element(page.getByRole('textbox')).toBeVisible()
})

test('[CL114] the edges of the panes are moved by keys and by pointer, within bounds, and remembered', async () => {
  localStorage.setItem('poruch/layout', '{"sidebar":5,"details":"wide","hasDetails":true}')
  const dispose = showApp(channelAddress)
  const edge = page.getByRole('separator', { name: 'Width of the list' })
  const width = (): number => Math.round(document.querySelector('.sidebar')?.getBoundingClientRect().width ?? 0)
  await expect.element(edge).toHaveAttribute('aria-valuenow', '264')
  edge.element().focus()
  await userEvent.keyboard('{ArrowRight}{ArrowRight}')
  expect(width()).toBe(296)
  await userEvent.keyboard('{End}{ArrowRight}')
  expect(width()).toBe(400)
  await userEvent.keyboard('{Home}')
  expect(width()).toBe(200)
  const details = page.getByRole('separator', { name: 'Width of the details' })
  details.element().focus()
  await userEvent.keyboard('{ArrowLeft}')
  await expect.element(details).toHaveAttribute('aria-valuenow', '316')
  const { left, top } = edge.element().getBoundingClientRect()
  const point = (type: string, x: number): void => {
    edge.element().dispatchEvent(new PointerEvent(type, { pointerId: 1, button: 0, clientX: x, clientY: top + 20, bubbles: true }))
  }
  edge.element().setPointerCapture = () => undefined
  point('pointerdown', left)
  point('pointermove', left + 50)
  point('lostpointercapture', left + 50)
  point('pointermove', left + 90)
  expect(width()).toBe(250)
  dispose()
  showApp(channelAddress)
  await expect.element(edge).toHaveAttribute('aria-valuenow', '250')
})
