/** Names that can be taken for one another, within one alphabet or across Latin, Cyrillic and Greek. */
import { plainName } from './person-name.ts'

/** Small letters and digits that look alike, each group under its first. */
const groups = [
  'aаα',
  'bЬьв',
  'cсϲ',
  'eеёєε',
  'gɡ',
  'hһн',
  'iіїιlӏ1|!',
  'jј',
  'kкκ',
  'mм',
  'nпη',
  'oоοσ0',
  'pрρ',
  'qԛ',
  'rг',
  'sѕ',
  'tтτ',
  'uυц',
  'vνѵ',
  'wѡԝш',
  'xхχ',
  'yуγ',
  'zʐ',
  '3зҙ',
] as const

const firstOf = new Map(groups.flatMap((group) => Array.from(group, (letter) => [letter, group[0] ?? letter] as const)))

/** The same for names that look alike: without case, accents, gaps and marks. */
export function outlineOf(name: string): string {
  const letters = plainName(name)
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\p{M}\p{Z}\p{P}]/gu, '')
  return Array.from(letters, (letter) => firstOf.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
}

/** The first of the names that this one can be taken for, or null. */
export function lookAlikeOf(name: string, others: readonly string[]): string | null {
  const outline = outlineOf(name)
  return outline === '' ? null : (others.find((other) => outlineOf(other) === outline) ?? null)
}
