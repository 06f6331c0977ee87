/** The demo company as plain data: the same people, channels and messages each time. No names of real people or firms. */
import type { RoleName } from '@poruch/replica'
import { lines, slots } from './lines.ts'
import type { Line } from './lines.ts'

export type DemoLanguage = 'uk' | 'en'

export interface DemoPerson {
  readonly name: string
  readonly language: DemoLanguage
  readonly role: RoleName
  /** `removed` in the end; `offline`: the device is not connected when the company is shown. */
  readonly fate: 'stays' | 'removed' | 'offline'
}

export interface DemoMessage {
  /** Index into `channels`. */
  readonly channel: number
  /** Index into `people`. */
  readonly author: number
  readonly text: string
  /** Milliseconds after the company's first morning, a Monday's. */
  readonly atMs: number
}

export const workspaceName = 'Майстерня «Горобина»'

const person = (name: string, language: DemoLanguage, change: Partial<DemoPerson> = {}): DemoPerson => ({
  name,
  language,
  role: 'editor',
  fate: 'stays',
  ...change,
})

/** The founder is the first. */
export const people: readonly DemoPerson[] = [
  person('Олена Коваль', 'uk', { role: 'owner' }),
  person('Андрій Шевчук', 'uk'),
  person('Maya Lindqvist', 'en'),
  person('Їжакевич Ярослава', 'uk'),
  person('Tom Okafor', 'en'),
  person('Ганна Ґудзь', 'uk'),
  person('Богдан Лисенко', 'uk', { fate: 'offline' }),
  person('Priya Raman', 'en'),
  person('Соломія Дзюба', 'uk'),
  person('Marek Nowak', 'en'),
  person('Тарас Єрмоленко', 'uk'),
  person('Viktor Hale', 'en', { fate: 'removed' }),
]

export const channels: readonly string[] = ['загальний', 'дизайн', 'engineering', 'продажі', 'support', 'склад', 'random', 'релізи']

export const messageCount = 300
const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** People write from nine to six. */
const workingHours = 9
const workingDays = 10
const daysOfWeek = 5
const weekendDays = 2
const linesInARow = 3

/** In order of time: within a channel the talk goes through its lines, over two working weeks. */
export function demoMessages(): readonly DemoMessage[] {
  const spoken = channels.map(() => 0)
  const perDay = messageCount / workingDays
  return Array.from({ length: messageCount }, (_, index) => {
    const channel = channelOf(index)
    const turn = spoken[channel] ?? 0
    spoken[channel] = turn + 1
    const inChannel = lines[channel] ?? []
    const line = inChannel[turn % Math.max(1, inChannel.length)]
    const day = Math.floor(index / perDay)
    const atMs =
      (day + weekendDays * Math.floor(day / daysOfWeek)) * dayMs + Math.floor(((index % perDay) / perDay) * workingHours * hourMs)
    return { channel, author: authorOf(index, line), text: fill(line?.text ?? '', turn), atMs }
  })
}

/** Busy channels come up more often; a few lines of one channel follow one another, as talk does. */
function channelOf(index: number): number {
  const rounds = [0, 2, 2, 1, 4, 0, 3, 2, 5, 1, 6, 0, 7, 4, 2]
  return rounds[Math.floor(index / linesInARow) % rounds.length] ?? 0
}

/** Nobody answers their own line. */
function authorOf(index: number, line: Line | undefined): number {
  const speakers = people.flatMap(({ language }, at) => (language === line?.language ? [at] : []))
  return speakers[(index * 3 + Math.floor(index / speakers.length)) % speakers.length] ?? 0
}

function fill(text: string, turn: number): string {
  return text.replaceAll(/\{(\w+)\}/gu, (_, name: string) => {
    const values = slots[name] ?? []
    return values[(turn * 3 + Math.floor(turn / 5)) % Math.max(1, values.length)] ?? name
  })
}
