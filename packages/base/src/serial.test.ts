/** Tasks one after another. */
import { expect, test } from 'vitest'
import { makeSerial } from './index.ts'

test('[BA22] runs tasks in their order, never two at once', async () => {
  const serial = makeSerial()
  const events: string[] = []
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>())
  const runs = gates.map(async ({ promise }, index) =>
    serial.run(async () => {
      events.push(`begin ${index}`)
      await promise
      events.push(`end ${index}`)
      return index
    }),
  )
  for (const { resolve } of gates.toReversed()) resolve()
  expect(await Promise.all(runs)).toEqual([0, 1, 2])
  expect(events).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2'])
})

test('[BA22] a failure reaches its caller and stops nobody else', async () => {
  const serial = makeSerial()
  const failing = serial.run(async () => Promise.reject(new Error('mine')))
  const next = serial.run(async () => Promise.resolve('goes on'))
  await expect(failing).rejects.toThrow('mine')
  expect(await next).toBe('goes on')
})
