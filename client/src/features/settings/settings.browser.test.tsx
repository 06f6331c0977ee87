/** The settings of this device. */
import type { DeviceId } from '@poruch/base'
import type { OwnDevice } from '@poruch/replica'
import { beforeEach, expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { readAutoLock } from '../../app/auto-lock.ts'
import { followSaved } from '../../app/saved-at.ts'
import { keepStorageOnce } from '../../app/storage.ts'
import { alice, makeOpenDevice, makePlainDevice, member, workspaceOf } from '../../testing/people.ts'
import type { PlainDevice } from '../../testing/people.ts'
import { show } from '../../testing/show.tsx'
import { Settings } from './Settings.tsx'

beforeEach(() => {
  localStorage.clear()
  device = makePlainDevice({ name: 'member' })
  device.devices.set(devices)
})

let device: PlainDevice
const paper = (): string => getComputedStyle(document.body).backgroundColor
const devices: readonly OwnDevice[] = [1, 2, 3].map((number) => ({
  device: `${number}b`.repeat(32) as DeviceId,
  number,
  isThis: number === 2,
  isLive: number !== 1,
}))

test('[CL46] theme and density apply at once and are remembered', async () => {
  show(() => <Settings replica={device} />)
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
  show(() => <Settings replica={device} />)
  await expect.element(page.getByRole('combobox', { name: 'Theme' })).toHaveValue('dark')
  await expect.element(page.getByRole('combobox', { name: 'Density' })).toHaveValue('normal')
  await page.getByRole('combobox', { name: 'Theme' }).selectOptions('As the system')
})

test('[CL47] the storage used is said, and whether the browser keeps it', async () => {
  show(() => <Settings replica={device} />)
  const storage = page.getByRole('region', { name: 'Storage on this device' })
  await expect.element(storage).toMatchTextContent(/MB used of about .*MB/u)
  await expect.element(storage).toMatchTextContent(/The browser (promises to keep it|may clear it)/u)
})

test('[CL47] the browser is asked to keep it once, with the first message', async () => {
  await keepStorageOnce()
  expect(localStorage.getItem('poruch/persist-asked')).toBe('yes')
})

test('[CL48] it says its version, what is encrypted, and what the relay sees', async () => {
  show(() => <Settings replica={device} />)
  const about = page.getByRole('region', { name: 'About' })
  await expect.element(about).toMatchTextContent(/Poruch \d+\.\d+\.\d+/u)
  await expect.element(about.getByRole('heading', { name: 'What is encrypted' })).toBeVisible()
  await expect.element(about).toMatchTextContent('https://relay.example')
})

const replica = makePlainDevice({ name: 'member' })

test('[CL95] a passphrase is set when it is long enough and typed twice the same', async () => {
  const lock = makeOpenDevice(replica)
  show(() => <Settings replica={device} />, { lock })
  const section = page.getByRole('region', { name: 'Lock' })
  await expect.element(section).toMatchTextContent(/No passphrase is set/u)
  await section.getByRole('button', { name: 'Set a passphrase' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set a passphrase' })
  const submit = dialog.getByRole('button', { name: 'Set a passphrase' })
  await dialog.getByLabelText('New passphrase', { exact: true }).fill('short')
  await submit.click()
  await expect.element(dialog).toMatchTextContent(/At least 8 characters/u)
  await dialog.getByLabelText('New passphrase', { exact: true }).fill('long enough')
  await dialog.getByLabelText('New passphrase again').fill('long enougg')
  await submit.click()
  await expect.element(dialog).toMatchTextContent(/not the same as above/u)
  expect(lock.calls).toEqual([])
  await dialog.getByLabelText('New passphrase again').fill('long enough')
  await submit.click()
  await expect.element(dialog).not.toBeInTheDocument()
  expect(lock.calls).toEqual([['changePassphrase', { current: null, next: 'long enough' }]])
})

test('[CL95] one that is set can be changed and removed by who knows it; the time of the lock is remembered', async () => {
  const lock = makeOpenDevice(replica, 'set')
  show(() => <Settings replica={device} />, { lock })
  const section = page.getByRole('region', { name: 'Lock' })
  await section.getByRole('combobox', { name: 'Lock by itself' }).selectOptions('After 5 minutes')
  expect(readAutoLock()).toBe('5')
  await section.getByRole('button', { name: /Lock now/u }).click()
  await section.getByRole('button', { name: 'Remove the passphrase' }).click()
  const removing = page.getByRole('dialog', { name: 'Remove the passphrase' })
  await removing.getByLabelText('Present passphrase').fill('right')
  await removing.getByRole('button', { name: 'Remove the passphrase' }).click()
  await section.getByRole('button', { name: 'Change the passphrase' }).click()
  const changing = page.getByRole('dialog', { name: 'Change the passphrase' })
  await changing.getByLabelText('Present passphrase').fill('right')
  await changing.getByLabelText('New passphrase', { exact: true }).fill('another one')
  await changing.getByLabelText('New passphrase again').fill('another one')
  await changing.getByRole('button', { name: 'Change the passphrase' }).click()
  await expect
    .poll(() => lock.calls)
    .toEqual([
      ['lock'],
      ['changePassphrase', { current: 'right', next: null }],
      ['changePassphrase', { current: 'right', next: 'another one' }],
    ])
})

test('[CL112] one’s devices are listed; another live one can be shut out, after a question', async () => {
  show(() => <Settings replica={device} />)
  const rows = page.getByRole('list', { name: 'Your devices' }).getByRole('listitem')
  expect(rows.elements().map((row) => row.textContent)).toEqual([
    'Device 1 (1b1b 1b1b) shut out',
    'Device 2 (2b2b 2b2b) this one',
    'Device 3 (3b3b 3b3b)Shut out',
  ])
  await page.getByRole('button', { name: 'Shut out Device 3 (3b3b 3b3b)' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  expect(device.calls).toEqual([])
  await page.getByRole('button', { name: 'Shut out Device 3 (3b3b 3b3b)' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Shut out', exact: true }).click()
  expect(device.calls).toEqual([['revokeDevice', devices[2]?.device]])
})

test('[CL222] one’s own name is changed in the settings', async () => {
  device.workspace.set(workspaceOf({ members: [member(alice)] }))
  show(() => <Settings replica={device} />)
  const save = page.getByRole('button', { name: 'Save name' })
  await expect.element(save).toBeDisabled()
  await page.getByRole('textbox', { name: 'Your name' }).fill('  Alice Moore ')
  await save.click()
  await expect.element(page.getByText('Saved.', { exact: false })).toBeVisible()
  expect(device.calls).toEqual([['setDisplayName', 'Alice Moore']])
})

test('[CL223] notifications are asked for by a press alone, and say why they are off', async () => {
  show(() => <Settings replica={device} />)
  const want = page.getByRole('checkbox', { name: /^Notify me/u })
  await expect.element(want).not.toBeChecked()
  await want.click()
  // Headless browsers refuse; whatever the answer, it is said.
  await expect.element(page.getByText(/does not allow|On, while|Off on this device/u)).toBeVisible()
  expect(localStorage.getItem('poruch/notify')).toBe('yes')
})

test('[CL47] the settings say how old the copy elsewhere is, what is on this device alone, and what the words bring back', async () => {
  const connection = device.connection.read()
  show(() => <Settings replica={device} />)
  const section = page.getByRole('region', { name: 'Copy elsewhere' })
  await expect.element(section).toMatchTextContent(/Complete now.*https:\/\/relay\.example/u)
  await expect.element(section).toMatchTextContent(/24 words.*Not in there: drafts.*no backup file/u)
  device.connection.set({ ...connection, unsent: 2 })
  await expect.element(section).toMatchTextContent(/no complete copy.*2 messages are only on this device/u)
  device.connection.set({ ...connection, steward: { user: alice, name: 'Alice', isThisDevice: true } })
  await expect.element(section).toMatchTextContent(/Everybody’s device keeps the copy/u)
})

test('[CL47] the age is that of the last moment at which everything was on the relay', async () => {
  const connection = device.connection.read()
  let minute = 5
  const now = (): number => new Date(2026, 5, 1, 14, minute).getTime()
  let tick = (): void => undefined
  const after = (_: number, run: () => void) => {
    tick = run
    return () => undefined
  }
  const stop = followSaved(device.connection, { now, after })
  minute = 6
  tick()
  minute = 45
  device.connection.set({ ...connection, unsent: 1 })
  show(() => <Settings replica={device} />)
  await expect
    .element(page.getByRole('region', { name: 'Copy elsewhere' }))
    .toMatchTextContent(/newest complete copy is of .*(14:06|2:06)/u)
  stop()
})
