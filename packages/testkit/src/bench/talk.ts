/** Texts of a chat: three to thirty words, frequent ones more often, as people write. */
import type { Random } from '@poruch/base'

const syllables = [
  'ka',
  'mo',
  'ri',
  'sta',
  'len',
  'vo',
  'ty',
  'dre',
  'shi',
  'pon',
  'al',
  'u',
  'ber',
  'ni',
  'gro',
  'fa',
  'we',
  'jo',
  'cher',
  'en',
]
const wordCount = 2000

/** Each call answers the next text; the same for the same source of chance. */
export function makeTalk(random: Random): () => string {
  const number = (below: number): number => {
    const [a = 0, b = 0, c = 0] = random.bytes(3)
    return (a * 65_536 + b * 256 + c) % below
  }
  const words = Array.from({ length: wordCount }, () =>
    Array.from({ length: 1 + number(3) }, () => syllables[number(syllables.length)]).join(''),
  )
  // Zipf's law: the word of rank r comes up about 1 / r as often as the first.
  const word = (): string => words[Math.floor(wordCount ** (number(10_000) / 10_000)) - 1] ?? 'a'
  return () => `${Array.from({ length: 3 + number(28) }, word).join(' ')}.`
}
