/** A network that is made worse on purpose, and what is heard of it. */
import { encodeUtf8, makeCell } from '@poruch/base'
import type { Random } from '@poruch/base'
import type { FrameLink } from '@poruch/sync'
import { makeLinkPair, makeManualClock } from '@poruch/testkit/memory'
import { expect, test } from 'vitest'
import type { RelayHandlers, RelayState } from '../ports.ts'
import { makeNetworkTaps, noFaults } from './network-taps.ts'
import type { TapEvent } from './network-taps.ts'

const text = (frame: Uint8Array | null): string => new TextDecoder().decode(frame ?? new Uint8Array())

/** Frames in memory arrive after the present task. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** A relay that opens a session whenever it is asked, and the taps before it. */
function openTapped(byte = 255) {
  const clock = makeManualClock()
  const random: Random = { bytes: (length) => new Uint8Array(length).fill(byte) }
  const taps = makeNetworkTaps({ clock, random })
  const states: RelayState['name'][] = []
  const sessions = makeCell<{ readonly near: FrameLink; readonly far: FrameLink } | null>(null)
  const arrived: string[] = []
  const heard: TapEvent[] = []
  taps.onEvent((event) => heard.push(event))
  const handlers: RelayHandlers = {
    onState: ({ name }) => states.push(name),
    onSession: ({ link }) => {
      const present = sessions.read()
      if (present) sessions.set({ ...present, near: link })
      link.onFrame((frame) => arrived.push(text(frame)))
    },
  }
  const port = taps.relay({
    keep: ({ handlers: inner, signal }) => {
      const { left: near, right: far } = makeLinkPair()
      sessions.set({ near, far })
      signal.addEventListener('abort', () => near.close('closed'))
      inner.onState({ name: 'connected' })
      inner.onSession({ link: near, bulk: { sync: async () => Promise.resolve() }, relayKey: new Uint8Array() })
    },
  })
  const end = new AbortController()
  port.keep({ origin: 'https://relay.example', identity: null as never, handlers, signal: end.signal })
  const session = () => {
    const present = sessions.read()
    if (!present) throw new Error('no session')
    return present
  }
  return { clock, taps, states, session, arrived, heard, end }
}

test('[RP202] offline closes what is open and asks no relay; switched back, all is opened again', async () => {
  const { taps, states, session, heard } = openTapped()
  let closed = ''
  session().far.onClose((reason) => (closed = reason))
  taps.faults.set({ ...noFaults, offline: true })
  await settled()
  expect(states).toEqual(['connected', 'offline'])
  expect(closed).not.toBe('')
  taps.faults.set(noFaults)
  expect(states).toEqual(['connected', 'offline', 'connected'])
  expect(heard.filter(({ note }) => note !== null).map(({ path, note }) => `${path} ${note ?? ''}`)).toEqual([
    'relay>me open',
    'relay>me closed',
    'relay>me open',
  ])
})

test('[RP202] slow frames come later and in order, both ways; what passes is heard once', async () => {
  const { clock, taps, session, arrived, heard } = openTapped()
  const sent: string[] = []
  session().far.onFrame((frame) => sent.push(text(frame)))
  taps.faults.set({ ...noFaults, slow: true })
  session().near.send(encodeUtf8('one'))
  session().far.send(encodeUtf8('answer'))
  await settled()
  clock.advance(100)
  taps.faults.set(noFaults)
  session().near.send(encodeUtf8('two'))
  expect([sent, arrived]).toEqual([[], []])
  clock.advance(1000)
  await settled()
  expect([sent, arrived]).toEqual([['one', 'two'], ['answer']])
  expect(heard.filter(({ frame }) => frame).map(({ path, frame }) => `${path} ${text(frame)}`)).toEqual([
    'me>relay one',
    'relay>me answer',
    'me>relay two',
  ])
})

test('[RP202] a lossy network loses what chance says, and nothing else', async () => {
  for (const [byte, expected] of [
    [25, []],
    [26, ['one']],
  ] as const) {
    const { clock, taps, session } = openTapped(byte)
    const sent: string[] = []
    session().far.onFrame((frame) => sent.push(text(frame)))
    taps.faults.set({ ...noFaults, lossy: true })
    expect(session().near.send(encodeUtf8('one'))).toBe(true)
    clock.advance(1000)
    await settled()
    expect(sent).toEqual(expected)
  }
})
