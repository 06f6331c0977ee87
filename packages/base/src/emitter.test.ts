/** Listeners: who hears what, and when. */
import { expect, test } from 'vitest'
import { makeEmitter } from './index.ts'

test('[BA16] every listener hears every event, in order of subscription', () => {
  const heard: string[] = []
  const emitter = makeEmitter<string>()
  emitter.subscribe((event) => heard.push(`first ${event}`))
  emitter.subscribe((event) => heard.push(`second ${event}`))
  emitter.emit('a')
  emitter.emit('b')
  expect(heard).toEqual(['first a', 'second a', 'first b', 'second b'])
})

test('[BA16] a listener that throws keeps nobody from hearing, and its error is handed on', () => {
  const errors: unknown[] = []
  const heard: number[] = []
  const emitter = makeEmitter<number>((thrown) => errors.push(thrown))
  const fault = new Error('mine')
  emitter.subscribe(() => {
    throw fault
  })
  emitter.subscribe((event) => heard.push(event))
  emitter.emit(1)
  expect({ errors, heard }).toEqual({ errors: [fault], heard: [1] })
})

test('[BA17] unsubscribing twice is harmless, and one function subscribed twice is two listeners', () => {
  const heard: number[] = []
  const emitter = makeEmitter<number>()
  const listener = (event: number): void => {
    heard.push(event)
  }
  const first = emitter.subscribe(listener)
  emitter.subscribe(listener)
  emitter.emit(1)
  first()
  first()
  emitter.emit(2)
  expect(heard).toEqual([1, 1, 2])
})

test('[BA17] who was unsubscribed while an event went round does not hear it any more', () => {
  const heard: string[] = []
  const emitter = makeEmitter<string>()
  emitter.subscribe(() => second())
  const second = emitter.subscribe((event) => heard.push(event))
  emitter.emit('late')
  expect(heard).toEqual([])
})

test('[BA17] who subscribes while an event goes round hears the next one', () => {
  const heard: string[] = []
  const emitter = makeEmitter<string>()
  const stop = emitter.subscribe(() => {
    stop()
    emitter.subscribe((event) => heard.push(event))
  })
  emitter.emit('first')
  emitter.emit('second')
  expect(heard).toEqual(['second'])
})
