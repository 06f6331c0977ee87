/** The way in: with a setup link, with an invitation, and without any. */
import { CodedError } from '@poruch/base'
import type { DeviceId } from '@poruch/base'
import type { Phase } from '@poruch/replica'
import { createSignal } from 'solid-js'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Entry } from '../../app/paths.ts'
import { digits, words } from '../../testing/people.ts'
import { show } from '../../testing/show.tsx'
import { Onboarding } from './Onboarding.tsx'
import type { OnboardingProps } from './Onboarding.tsx'

const blank: Phase = { name: 'blank' }
const setup: Entry = { kind: 'setup', secret: 'abc' }
const invitation: Entry = { kind: 'invitation', link: 'https://relay.example/#i/AQ' }

const findNobody: OnboardingProps['onFindAccount'] = async () => Promise.resolve([])

function showOnboarding(change: Partial<OnboardingProps>): void {
  const nothing = async (): Promise<void> => Promise.resolve()
  const props: OnboardingProps = {
    phase: blank,
    entry: null,
    words: null,
    onLink: () => undefined,
    onCreate: nothing,
    onJoin: nothing,
    onWordsConfirmed: () => undefined,
    onFindAccount: findNobody,
    onRecover: nothing,
    ...change,
  }
  show(() => <Onboarding {...props} />)
}

test('[CL33] the recovery words are numbered, and the way on opens when they are said to be written down', async () => {
  let isConfirmed = false
  showOnboarding({ words, phase: { name: 'member' }, onWordsConfirmed: () => (isConfirmed = true) })
  await expect.element(page.getByRole('heading', { name: 'Your recovery words' })).toBeVisible()
  const items = page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem')
  expect(items.elements().map((item) => item.textContent)).toEqual(words.map((word, index) => `${index + 1}${word}`))
  await expect.element(page.getByRole('button', { name: 'Continue' })).toBeDisabled()
  const leave = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(leave)
  expect(leave.defaultPrevented).toBe(true)
  await page.getByRole('checkbox', { name: 'I wrote them down' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(isConfirmed).toBe(true)
})

test('[CL34] a setup link asks for the names of workspace and founder; an error says why and keeps them', async () => {
  const asked: unknown[] = []
  showOnboarding({
    entry: setup,
    onCreate: async (options) => {
      asked.push(options)
      return Promise.reject(new CodedError('not-online', 'no relay'))
    },
  })
  await expect.element(page.getByRole('heading', { name: 'Create a workspace' })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Create workspace' })).toBeDisabled()
  await page.getByRole('textbox', { name: 'Workspace name' }).fill(' Work ')
  await page.getByRole('textbox', { name: 'Your name' }).fill('Alice')
  await page.getByRole('button', { name: 'Create workspace' }).click()
  await expect.element(page.getByRole('alert')).toMatchTextContent('This needs the relay')
  await expect.element(page.getByRole('textbox', { name: 'Your name' })).toHaveValue('Alice')
  expect(asked).toEqual([{ name: 'Work', displayName: 'Alice' }])
})

test('[CL34] an invitation asks for the name alone', async () => {
  const asked: unknown[] = []
  showOnboarding({ entry: invitation, onJoin: async (options) => Promise.resolve(void asked.push(options)) })
  await page.getByRole('textbox', { name: 'Your name' }).fill('Bob')
  await page.getByRole('button', { name: 'Ask to join' }).click()
  expect(asked).toEqual([{ displayName: 'Bob' }])
})

test('[CL34] without a link one can be pasted; anything else is refused', async () => {
  const links: string[] = []
  showOnboarding({ onLink: (link) => links.push(link) })
  const field = page.getByRole('textbox', { name: 'Invitation or setup link' })
  await field.fill('https://relay.example/')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect.element(page.getByRole('alert')).toMatchTextContent('This is not a setup link or an invitation.')
  await field.fill(invitation.link)
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(links).toEqual([invitation.link])
})

test('[CL35] who waits sees the safety number; who was denied or failed sees it, and can use another link', async () => {
  const [phase, setPhase] = createSignal<Phase>({ name: 'requesting', state: 'waiting', code: null, safetyNumber: digits })
  const [entry, setEntry] = createSignal<Entry | null>(null)
  const nothing = async (): Promise<void> => Promise.resolve()
  show(() => (
    <Onboarding
      phase={phase()}
      entry={entry()}
      words={null}
      onLink={() => setEntry(invitation)}
      onCreate={nothing}
      onJoin={nothing}
      onWordsConfirmed={() => undefined}
      onFindAccount={findNobody}
      onRecover={nothing}
    />
  ))
  await expect.element(page.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible()
  await expect.element(page.getByRole('group', { name: 'Safety number' })).toMatchTextContent(digits)
  setPhase({ name: 'requesting', state: 'failed', code: 'invitation-expired' })
  await expect.element(page.getByRole('alert')).toMatchTextContent('This invitation has expired.')
  setPhase({ name: 'requesting', state: 'denied', code: null })
  await expect.element(page.getByRole('heading', { name: 'Your request was denied' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Invitation or setup link' }).fill(invitation.link)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect.element(page.getByRole('button', { name: 'Ask to join' })).toBeVisible()
})

test('[CL110] with the 24 words one gets back in, and says which old devices are shut out; by keyboard alone', async () => {
  const devices = [1, 2, 3].map((number) => ({
    device: `${number}a`.repeat(32) as DeviceId,
    number,
    isThis: false,
    isLive: number !== 2,
  }))
  const asked: unknown[] = []
  let answer = async (): Promise<typeof devices> => Promise.reject(new CodedError('bad-words', 'checksum'))
  showOnboarding({
    onFindAccount: async (typed) => {
      asked.push(typed)
      return answer()
    },
    onRecover: async (typed, revoke) => Promise.resolve(void asked.push([typed, revoke])),
  })
  const press = async (name: string): Promise<void> => {
    const button = page.getByRole('button', { name })
    await expect.element(button).toBeVisible()
    ;(button.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
  }
  await press('I have my 24 recovery words')
  await page.getByRole('textbox', { name: 'Your 24 words' }).fill('1. abandon\t2. ability ')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByRole('alert')).toMatchTextContent('These are not 24 recovery words')
  answer = async () => Promise.resolve(devices)
  await press('Continue')
  await expect.element(page.getByRole('checkbox', { name: 'Shut out device 3 (3a3a 3a3a)' })).not.toBeChecked()
  expect(page.getByRole('checkbox').elements()).toHaveLength(2)
  ;(page.getByRole('checkbox', { name: 'Shut out device 1 (1a1a 1a1a)' }).element() as HTMLElement).focus()
  await userEvent.keyboard(' ')
  await press('Bring everything back')
  expect(asked).toEqual(['abandon ability', 'abandon ability', ['abandon ability', [devices[0]?.device]]])
})

test('[CL110] a recovery that a restart interrupted says that it goes on', async () => {
  showOnboarding({ phase: { name: 'recovering', state: 'working', code: null } })
  await expect.element(page.getByRole('status')).toMatchTextContent('Bringing everything back')
})

test('[CL110] a recovery that was interrupted before it had begun asks for the words again', async () => {
  showOnboarding({ phase: { name: 'recovering', state: 'failed', code: 'recovery-interrupted' } })
  await expect.element(page.getByRole('alert')).toMatchTextContent('type the words again')
})
