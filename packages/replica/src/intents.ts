/** Commands that the tab with the network carries out for the others: asked, claimed and answered through the device's store. */
import { toHex } from '@poruch/base'
import { ReplicaError } from './errors.ts'
import type { ReplicaErrorCode } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, parseJson, readJson } from './records.ts'

export interface Intents {
  /** What the command answers, wherever it runs. @throws ReplicaError of the command, or `not-online` when no tab takes it up */
  ask(name: string, args: readonly unknown[]): Promise<unknown>
  /** Carries out what other tabs have asked for; call it when this tab begins to lead and when `collections.intents` has changed. */
  serve(): Promise<void>
  close(): void
}

export interface IntentsOptions {
  readonly ports: ReplicaPorts
  isLeading(): boolean
  run(name: string, args: readonly unknown[]): Promise<unknown>
}

/** How long a tab waits for another one: a proposal's 8 s and 20 s, and a change of leader. */
const answerTimeoutMs = 30_000
/** Intents and answers that may lie in the store; a person clicks a few. */
const maxKept = 64

interface Intent {
  readonly name: string
  readonly args: readonly unknown[]
  readonly expiresAtMs: number
}

interface Answer {
  readonly value?: unknown
  readonly failed?: { readonly code: ReplicaErrorCode; readonly message: string; readonly reason: string | null }
  readonly expiresAtMs: number
}

export function makeIntents({ ports, isLeading, run }: IntentsOptions): Intents {
  const { store, clock, random } = ports
  const { intents, answers } = collections
  const ending = new AbortController()
  const forget = async (collection: string, key: string): Promise<void> => store.putRecords([{ collection, key, value: null }])

  const answerTo = async ({ name, args, expiresAtMs }: Intent): Promise<Answer> => {
    try {
      return { value: await run(name, args), expiresAtMs }
    } catch (thrown) {
      const known = thrown instanceof ReplicaError ? thrown : new ReplicaError('refused', String(thrown))
      return { failed: { code: known.code, message: known.message, reason: known.reason }, expiresAtMs }
    }
  }
  const take = async (key: string): Promise<void> => {
    const intent = (await readJson(store, intents, key)) as Intent | null
    if (!intent) return
    // Claimed before it is carried out: what a crash interrupts is never done twice.
    await forget(intents, key)
    if (intent.expiresAtMs <= clock.now()) return
    await store.putRecords([{ collection: answers, key, value: jsonBytes(await answerTo(intent)) }])
  }
  const dropOldAnswers = async (): Promise<void> => {
    const old = (await store.listRecords(answers)).filter(({ value }) => (parseJson(value) as Answer).expiresAtMs <= clock.now())
    if (old.length > 0) await store.putRecords(old.map(({ key }) => ({ collection: answers, key, value: null })))
  }
  let serving: Promise<void> | null = null
  const serveAll = async (): Promise<void> => {
    await dropOldAnswers()
    for (let pending = await store.listRecords(intents); pending.length > 0 && isLeading(); pending = await store.listRecords(intents)) {
      for (const { key } of pending) await take(key)
    }
  }

  const answered = async (key: string, signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        readJson(store, answers, key).then((found) => {
          if (found !== null) resolve(found as Answer)
        }, reject)
      }
      const stopWatching = store.watch((change) => {
        if ('collection' in change && change.collection === answers) look()
      })
      const cancel = clock.after(answerTimeoutMs, () => reject(new ReplicaError('not-online', 'no other tab answers')))
      signal.addEventListener('abort', () => {
        stopWatching()
        cancel()
        reject(new ReplicaError('closed', 'stopped'))
      })
      look()
    })

  return {
    ask: async (name, args) => {
      if (isLeading()) return run(name, args)
      if ((await store.listRecords(intents)).length >= maxKept) throw new ReplicaError('not-online', 'no tab takes commands')
      const key = toHex(random.bytes(16))
      const intent: Intent = { name, args, expiresAtMs: clock.now() + answerTimeoutMs }
      const over = new AbortController()
      const stop = (): void => {
        over.abort()
      }
      ending.signal.addEventListener('abort', stop)
      try {
        await store.putRecords([{ collection: intents, key, value: jsonBytes(intent) }])
        const { value, failed } = await answered(key, over.signal)
        await forget(answers, key)
        if (failed) throw new ReplicaError(failed.code, failed.message, failed.reason === null ? {} : { reason: failed.reason })
        return value
      } finally {
        ending.signal.removeEventListener('abort', stop)
        stop()
      }
    },
    serve: async () => {
      serving ??= serveAll().finally(() => {
        serving = null
      })
      return serving
    },
    close: () => {
      ending.abort()
    },
  }
}
