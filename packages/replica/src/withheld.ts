/** Says when an envelope that must be there has not come for a while: a relay, which holds whole chains, shows a later one. */
import type { Clock, DeviceId, TopicId } from '@poruch/base'
import type { Sync } from '@poruch/sync'
import type { Alarms } from './alarms.ts'

export interface WithheldWatch {
  /** Of a topic that was opened; a second call does nothing. */
  follow(topic: TopicId): void
  close(): void
}

/** An honest relay, asked again and again, or a peer closes a hole within seconds; only who is offline takes longer, and that is seen otherwise. */
const withheldAfterMs = 2 * 60_000

export function watchWithheld({ sync, clock, alarms }: { sync: Sync; clock: Clock; alarms: Alarms }): WithheldWatch {
  const stops = new Map<TopicId, () => void>()
  /** By topic and device: what cancels the wait. */
  const waits = new Map<string, () => void>()
  const look = (topic: TopicId, wasShown: readonly DeviceId[] = []): void => {
    const holes = new Set(
      sync
        .topicState(topic)
        .read()
        .gaps.flatMap(({ device, isRelays }) => (isRelays ? [device] : [])),
    )
    for (const device of holes) {
      const key = `${topic} ${device}`
      if (!waits.has(key))
        waits.set(
          key,
          clock.after(withheldAfterMs, () => alarms.raise({ code: 'withheld', topic, device })),
        )
    }
    for (const [key, cancel] of waits) {
      const [of = '', device = ''] = key.split(' ')
      if (of !== topic || holes.has(device as DeviceId)) continue
      cancel()
      waits.delete(key)
      alarms.end({ code: 'withheld', topic, device: device as DeviceId })
    }
    // Of an earlier run: what waited then was in memory alone, and comes again or not.
    for (const device of wasShown) if (!holes.has(device)) alarms.end({ code: 'withheld', topic, device })
  }
  return {
    follow: (topic) => {
      if (stops.has(topic)) return
      stops.set(
        topic,
        sync.topicState(topic).subscribe(() => {
          look(topic)
        }),
      )
      const shown = alarms.view.read().filter((alarm) => alarm.code === 'withheld' && alarm.topic === topic)
      look(
        topic,
        shown.flatMap(({ device }) => device ?? []),
      )
    },
    close: () => {
      for (const stop of [...stops.values(), ...waits.values()]) stop()
      stops.clear()
      waits.clear()
    },
  }
}
