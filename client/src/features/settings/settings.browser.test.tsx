/** The settings of this device. */
import { beforeEach, expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { keepStorageOnce } from '../../app/storage.ts'
import { show } from '../../testing/show.tsx'
import { Settings } from './Settings.tsx'

beforeEach(() => {
  localStorage.clear()
})

const paper = (): string => getComputedStyle(document.body).backgroundColor
const relay = 'https://relay.example'

test('[CL46] theme and density apply at once and are remembered', async () => {
  show(() => <Settings relay={relay} />)
  const theme = page.getByRole('combobox', { name: 'Theme' })
  await theme.selectOptions('Light')
  const light = paper()
  await theme.selectOptions('Dark')
  expect(paper()).not.toBe(light)
  await theme.selectOptions('High contrast')
  expect([document.documentElement.dataset['theme'], localStorage.getItem('poruch/theme')]).toEqual(['contrast', 'contrast'])
  await page.getByRole('combobox', { name: 'Density' }).selectOptions('Compact')
  expect(getComputedStyle(document.body).fontSize).toBe('13px')
  expect(localStorage.getItem('poruch/density')).toBe('compact')
  await page.getByRole('combobox', { name: 'Density' }).selectOptions('Normal')
  await theme.selectOptions('As the system')
})

test('[CL46] what was remembered is there at the next start; anything unknown is the default', async () => {
  localStorage.setItem('poruch/theme', 'dark')
  localStorage.setItem('poruch/density', 'huge')
  show(() => <Settings relay={relay} />)
  await expect.element(page.getByRole('combobox', { name: 'Theme' })).toHaveValue('dark')
  await expect.element(page.getByRole('combobox', { name: 'Density' })).toHaveValue('normal')
  await page.getByRole('combobox', { name: 'Theme' }).selectOptions('As the system')
})

test('[CL47] the storage used is said, and whether the browser keeps it', async () => {
  show(() => <Settings relay={relay} />)
  const storage = page.getByRole('region', { name: 'Storage on this device' })
  await expect.element(storage).toMatchTextContent(/MB used of about .*MB/u)
  await expect.element(storage).toMatchTextContent(/The browser (promises to keep it|may clear it)/u)
})

test('[CL47] the browser is asked to keep it once, with the first message', async () => {
  await keepStorageOnce()
  expect(localStorage.getItem('poruch/persist-asked')).toBe('yes')
})

test('[CL48] it says its version, what is encrypted, and what the relay sees', async () => {
  show(() => <Settings relay={relay} />)
  const about = page.getByRole('region', { name: 'About' })
  await expect.element(about).toMatchTextContent(/Poruch \d+\.\d+\.\d+/u)
  await expect.element(about.getByRole('heading', { name: 'What is encrypted' })).toBeVisible()
  await expect.element(about).toMatchTextContent(relay)
})
