/** Puts one word in one of the scanned places, to see that it is found there. */
import { randomBytes, randomInt } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { formsOf } from './scanner.ts'
import type { Hit } from './scanner.ts'

export const plantPlaces = ['relay', 'output', 'wire', 'profile'] as const

export interface Plant {
  readonly place: (typeof plantPlaces)[number]
  readonly word: string
  readonly form: string
  /** Noise with the word in it. */
  readonly bytes: Buffer
}

const noiseBytes = 64

/** Place, word and form by chance. */
export function makePlant(words: readonly string[]): Plant {
  const word = pick(words)
  const [form, bytes] = pick([...formsOf(word)])
  return { place: pick(plantPlaces), word, form, bytes: Buffer.concat([randomBytes(noiseBytes), bytes, randomBytes(noiseBytes)]) }
}

/** Of bytes at a place: with the plant behind them, if it belongs there. */
export function withPlant(plant: Plant | null, place: Plant['place'], bytes: Buffer): Buffer {
  return plant?.place === place ? Buffer.concat([bytes, plant.bytes]) : bytes
}

/** The same for a file. */
export async function plantInFile(plant: Plant | null, place: Plant['place'], path: string): Promise<void> {
  if (plant?.place === place) await appendFile(path, plant.bytes)
}

export function isFound({ place, word, form }: Plant, hits: readonly Hit[]): boolean {
  return hits.some((hit) => hit.word === word && hit.form === form && hit.place.startsWith(place))
}

function pick<T>(list: readonly T[]): T {
  const picked = list[randomInt(list.length)]
  if (picked === undefined) throw new RangeError('nothing to pick from')
  return picked
}
