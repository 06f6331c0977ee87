/** Requests over one session after another, whose refs begin anew each time. */
import { expect, test } from 'vitest'
import { makeRequests } from './control.ts'
import type { Session } from './control.ts'

type Listener = Parameters<Session['onFrame']>[0]

function makeSession(): Session & { hear: Listener; end(): void } {
  const listeners: Listener[] = []
  const closers: (() => void)[] = []
  let refs = 0
  return {
    send: () => true,
    nextRef: () => ++refs,
    onFrame: (listener) => {
      listeners.push(listener)
      return () => undefined
    },
    onClose: (listener) => {
      closers.push(listener)
      return () => undefined
    },
    close: () => undefined,
    hear: (frame) => {
      for (const listener of listeners) listener(frame)
    },
    end: () => {
      for (const closer of closers) closer()
    },
  }
}

test('[RP33] a request of an ended session that is given up later leaves those of the present one alone', async () => {
  const requests = makeRequests()
  const [first, second] = [makeSession(), makeSession()]
  requests.attach(first)
  const old = requests.request((ref) => ({ type: 'PROPOSE', ref, records: [] }))
  first.end()
  await expect(old.answer).rejects.toMatchObject({ code: 'not-online' })
  requests.attach(second)
  const answer = requests.ask((ref) => ({ type: 'PUTKEY', ref, kind: 1, record: new Uint8Array(1) }))
  old.forget()
  second.hear({ type: 'KEYOK', ref: 1 })
  expect(await answer).toEqual({ type: 'KEYOK', ref: 1 })
})
