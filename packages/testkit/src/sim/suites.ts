/** The suites that a world can run on, each with what tells when it has come to rest. */
import { webCryptoSuite } from '@poruch/crypto'
import type { Suite } from '@poruch/crypto'
import { keyedHashSuite } from '../keyed-suite.ts'
import type { KeyRegistry } from '../keyed-suite.ts'
import type { Chance } from './chance.ts'
import { settleMicrotasks } from './virtual-clock.ts'

export interface SuiteAtWork {
  readonly suite: Suite
  /** Resolves when nothing goes on without a further event. */
  readonly settle: () => Promise<void>
}

/** Fast and the same in every run. `keys`: those that stand for the curve, of an earlier suite where its keys go on being used. */
export function keyedSuite(chance: Chance, keys: KeyRegistry = new Map()): SuiteAtWork {
  return { suite: keyedHashSuite(chance, keys), settle: settleMicrotasks }
}

/** The real one: slow, and in an order of its own, so that its traces differ from run to run. */
export function realSuite(chance: Chance): SuiteAtWork {
  let running = 0
  const suite = new Proxy(webCryptoSuite(chance), {
    get: (target, name) => {
      const method = Reflect.get(target, name) as unknown
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        running++
        try {
          return (await Reflect.apply(method, target, args)) as unknown
        } finally {
          running--
        }
      }
    },
  })
  return {
    suite,
    settle: async () => {
      // Its answers come from threads, by the event loop.
      do await new Promise<void>((resolve) => setImmediate(resolve))
      while (running > 0)
    },
  }
}
