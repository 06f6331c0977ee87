/** The lock screen: one question, said in words. */
import { CodedError, makeCell } from '@poruch/base'
import type { View } from '@poruch/base'
import { createPlainView } from '@poruch/ui'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { show } from '../../testing/show.tsx'
import { LockScreen } from './LockScreen.tsx'

const field = () => page.getByLabelText('Passphrase', { exact: true })

function showLock(onUnlock: (passphrase: string) => Promise<void>, retryAtMs: View<number> = makeCell(0)) {
  const erased: string[] = []
  const onErase = async (): Promise<void> => {
    erased.push('erased')
    return Promise.resolve()
  }
  show(() => {
    const shown = createPlainView(() => retryAtMs)
    return <LockScreen retryAtMs={shown()} onUnlock={onUnlock} onErase={onErase} />
  })
  return erased
}

test('[CL90] the passphrase is asked in one field that has the focus, hidden until it is asked to be shown, and Enter sends it', async () => {
  const tried: string[] = []
  showLock(async (passphrase) => {
    tried.push(passphrase)
    return Promise.resolve()
  })
  await expect.element(field()).toHaveFocus()
  await expect.element(page.getByRole('button', { name: 'Unlock' })).toBeDisabled()
  await userEvent.keyboard('slon na kuli')
  await expect.element(field()).toHaveAttribute('type', 'password')
  await page.getByRole('button', { name: 'Show what is typed' }).click()
  await expect.element(field()).toHaveAttribute('type', 'text')
  await page.getByRole('button', { name: 'Show what is typed' }).click()
  await expect.element(field()).toHaveAttribute('type', 'password')
  await field().click()
  await userEvent.keyboard('{Enter}')
  expect(tried).toEqual(['slon na kuli'])
})

test('[CL90] a wrong one is said, and what must be waited is counted down in words', async () => {
  const retryAtMs = makeCell(0)
  showLock(async () => {
    retryAtMs.set(Date.now() + 200_000)
    return Promise.reject(new CodedError('wrong-passphrase', 'no'))
  }, retryAtMs)
  await field().fill('wrong')
  await page.getByRole('button', { name: 'Unlock' }).click()
  await expect.element(page.getByRole('alert')).toMatchTextContent('This is not the passphrase. The next try is possible in 4 minutes.')
  await expect.element(page.getByRole('button', { name: 'Unlock' })).toBeDisabled()
  retryAtMs.set(Date.now() + 30_000)
  await expect.element(page.getByRole('alert')).toMatchTextContent(/possible in (?:30|2\d) seconds/u)
  retryAtMs.set(0)
  await expect.element(page.getByRole('button', { name: 'Unlock' })).toBeEnabled()
})

test('[CL93] who forgot it is told what is lost, and asked once more', async () => {
  const erased = showLock(async () => Promise.resolve())
  await page.getByRole('button', { name: 'Forgot it? Recover with the 24 words' }).click()
  const dialog = page.getByRole('dialog', { name: 'Start over on this device?' })
  await expect.element(dialog).toMatchTextContent(/drafts and messages that have not left this device/u)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(erased).toEqual([])
  await page.getByRole('button', { name: 'Forgot it? Recover with the 24 words' }).click()
  await dialog.getByRole('button', { name: 'Delete the copy and start over' }).click()
  expect(erased).toEqual(['erased'])
})
