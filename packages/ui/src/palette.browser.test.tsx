/** The palette by keyboard and pointer, and what a query finds. */
import { createSignal, Show } from 'solid-js'
import { render } from 'solid-js/web'
import { expect, onTestFinished, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { Palette, fuzzyScore } from './index.ts'

const names = ['general', 'design', 'Alice', 'Bob']

function showPalette(): { chosen: string[] } {
  const chosen: string[] = []
  const [isOpen, setOpen] = createSignal(true)
  const dispose = render(
    () => (
      <Show when={isOpen()}>
        <Palette
          title="Go to"
          placeholder="Name"
          none="Nothing found"
          find={(query) => names.filter((name) => fuzzyScore(query, name) !== null).map((name) => ({ id: name, label: name }))}
          countText={(count) => `${count} found`}
          onChoose={(id) => chosen.push(id)}
          onClose={() => setOpen(false)}
        />
      </Show>
    ),
    document.body,
  )
  onTestFinished(dispose)
  return { chosen }
}

test('[UI10] arrows choose and Enter takes, while the focus stays in the field', async () => {
  const { chosen } = showPalette()
  const field = page.getByRole('combobox', { name: 'Go to' })
  await expect.element(field).toHaveFocus()
  await expect.element(page.getByRole('option', { name: 'general' })).toHaveAttribute('aria-selected', 'true')
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}{End}{Enter}{ArrowDown}{Enter}')
  expect(chosen).toEqual(['Alice', 'Bob', 'general'])
  await expect.element(field).toHaveFocus()
  await page.getByRole('option', { name: 'design' }).click()
  expect(chosen.at(-1)).toBe('design')
})

test('[UI10] the number of answers is said, none is said in words, Escape closes', async () => {
  showPalette()
  await expect.element(page.getByRole('status')).toHaveTextContent('4 found')
  await userEvent.keyboard('zz')
  await expect.element(page.getByRole('status')).toHaveTextContent('Nothing found')
  await userEvent.keyboard('{Enter}{Escape}')
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
})

test('[UI11] the beginning of a word counts more than its middle, and that more than letters in order', () => {
  const ranked = (query: string, texts: readonly string[]): readonly string[] =>
    texts
      .flatMap((text) => {
        const score = fuzzyScore(query, text)
        return score === null ? [] : [{ text, score }]
      })
      .toSorted((a, b) => b.score - a.score)
      .map(({ text }) => text)
  expect(ranked('des', ['d-e-s', 'old design', 'modest', 'design', 'plans'])).toEqual(['design', 'old design', 'modest', 'd-e-s'])
  expect(fuzzyScore('zvit 2', 'Zvit, part 2')).not.toBeNull()
})

test('[UI11] case, marks and apostrophes do not matter', () => {
  for (const [query, text] of [
    ['ґанок', 'Ганок'],
    ["зв'язок", 'Звʼязок'],
    ['jose', 'José'],
    ['', 'anything'],
  ] as const)
    expect(fuzzyScore(query, text)).not.toBeNull()
  expect(fuzzyScore('xyz', 'general')).toBeNull()
})
