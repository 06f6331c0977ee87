/** Views in Solid, and texts that follow the language. */
import { makeCell } from '@poruch/base'
import { For, createRoot, createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { copyOf, createI18n, createPlainView, createView } from './index.ts'

let dispose = (): void => undefined
afterEach(() => {
  dispose()
})

const row = (id: string, text: string): { id: string; text: string } => ({ id, text })

test('[UI7] follows a view and keeps the rows that have not changed', async () => {
  const cell = makeCell([row('1', 'one'), row('2', 'two')])
  dispose = render(() => {
    const rows = createView(() => cell)
    return <For each={rows()}>{(item) => <p>{item.text}</p>}</For>
  }, document.body)
  const first = page.getByText('one').element()
  cell.set([row('0', 'zero'), row('1', 'one'), row('2', 'changed')])
  await expect.element(page.getByText('changed')).toBeVisible()
  expect(page.getByText('one').element()).toBe(first)
})

test('[UI7] leaves the objects of the view as they are', () => {
  const before = [row('1', 'before')]
  const cell = makeCell(before)
  createRoot((end) => {
    const rows = createView(() => cell)
    cell.set([row('1', 'after')])
    expect(before).toEqual([row('1', 'before')])
    cell.set(before)
    expect(rows()[0]?.text).toBe('before')
    expect(copyOf(rows())).toEqual(before)
    end()
  })
})

test('[UI7] follows the new view when the source answers another, and leaves both when its owner goes', () => {
  const subscribers = { a: 0, b: 0 }
  const counted = (name: 'a' | 'b') => {
    const cell = makeCell(name)
    return {
      read: cell.read,
      subscribe: (changed: () => void) => {
        subscribers[name]++
        const leave = cell.subscribe(changed)
        return () => {
          subscribers[name]--
          leave()
        }
      },
    }
  }
  const views = { a: counted('a'), b: counted('b') }
  createRoot((end) => {
    const [name, setName] = createSignal<'a' | 'b'>('a')
    const value = createView(
      () => views[name()],
      (text) => `view ${text}`,
    )
    expect(value()).toBe('view a')
    setName('b')
    expect(value()).toBe('view b')
    expect(subscribers).toEqual({ a: 0, b: 1 })
    end()
  })
  expect(subscribers).toEqual({ a: 0, b: 0 })
})

test('[UI9] a plain view hands out the value itself, follows it, and leaves it when its owner goes', () => {
  const cell = makeCell([row('1', 'one')])
  let subscribers = 0
  const counted = {
    read: cell.read,
    subscribe: (changed: () => void) => {
      subscribers++
      const leave = cell.subscribe(changed)
      return () => {
        subscribers--
        leave()
      }
    },
  }
  createRoot((end) => {
    const rows = createPlainView(() => counted)
    const next = [row('1', 'two')]
    cell.set(next)
    expect(rows()).toBe(next)
    end()
  })
  expect(subscribers).toBe(0)
})

test('[UI8] texts, plural forms and times follow the language without a reload', async () => {
  const dictionaries = {
    en: { hello: 'Hello, {{ name }}', 'file.one': '{{ count }} file', 'file.other': '{{ count }} files' },
    uk: {
      hello: 'Вітаю, {{ name }}',
      'file.one': '{{ count }} файл',
      'file.few': '{{ count }} файли',
      'file.many': '{{ count }} файлів',
      'file.other': '{{ count }} файлу',
    },
  }
  const i18n = createRoot(() =>
    createI18n<'en' | 'uk', keyof typeof dictionaries.en>({ initial: 'en', dictionaries, nowMs: () => Date.UTC(2026, 5, 1) }),
  )
  dispose = render(
    () => <p>{`${i18n.t('hello', { name: 'Bob' })}: ${[1, 3, 5, 21].map((n) => i18n.plural('file', n)).join(', ')}`}</p>,
    document.body,
  )
  await expect.element(page.getByText('Hello, Bob: 1 file, 3 files, 5 files, 21 files')).toBeVisible()
  i18n.setLanguage('uk')
  await expect.element(page.getByText('Вітаю, Bob: 1 файл, 3 файли, 5 файлів, 21 файл')).toBeVisible()
  expect(i18n.t('missing' as 'hello')).toBe('missing')
  expect(i18n.day(Date.UTC(2026, 0, 5, 12))).toContain('січня')
})
