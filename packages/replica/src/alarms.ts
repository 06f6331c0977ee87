/** What this device has seen that should not be: the same in all its tabs, and there after a restart. */
import { makeCell, makeSerial } from '@poruch/base'
import type { View } from '@poruch/base'
import { alarmCodes } from './api.ts'
import type { Alarm } from './api.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes, parseJson } from './records.ts'

/** What an alarm is about; two of the same are one alarm. */
export type AlarmPlace = Omit<Alarm, 'sinceMs'>

export interface Alarms {
  readonly view: View<readonly Alarm[]>
  /** Shown at once, durable a moment later; nothing when it is shown already. `sinceMs` is now unless it is known better. */
  raise(place: AlarmPlace, sinceMs?: number): void
  /** It is over. */
  end(place: AlarmPlace): void
  close(): Promise<void>
}

/** Whoever can make more of them than a person reads must not fill the disk. */
const maxAlarms = 256

export async function openAlarms({ store, clock, log }: Pick<ReplicaPorts, 'store' | 'clock' | 'log'>): Promise<Alarms> {
  const view = makeCell<readonly Alarm[]>([])
  const saving = makeSerial()
  /** Keys that this tab has written and the disk may not have yet. */
  const unsaved = new Map<string, number>()
  const failed = (thrown: unknown): void => log?.('alarm-not-kept', { error: String(thrown) })
  const save = (key: string, alarm: Alarm | null): void => {
    unsaved.set(key, (unsaved.get(key) ?? 0) + 1)
    const value = alarm && jsonBytes(alarm)
    saving
      .run(async () => store.putRecords([{ collection: collections.alarms, key, value }]))
      .catch(failed)
      .finally(() => {
        const left = (unsaved.get(key) ?? 1) - 1
        if (left > 0) unsaved.set(key, left)
        else unsaved.delete(key)
      })
  }
  const refresh = async (): Promise<void> => {
    const stored = await store.listRecords(collections.alarms)
    const others = stored.filter(({ key }) => !unsaved.has(key)).flatMap(({ value }) => parseAlarm(parseJson(value)) ?? [])
    const own = view.read().filter((alarm) => unsaved.has(keyOf(alarm)))
    const next = [...others, ...own].toSorted((a, b) => a.sinceMs - b.sinceMs)
    if (JSON.stringify(next) !== JSON.stringify(view.read())) view.set(next)
  }
  await refresh()
  const stop = store.watch((change) => {
    if ('collection' in change && change.collection === collections.alarms) refresh().catch(failed)
  })
  return {
    view,
    raise: (place, sinceMs = clock.now()) => {
      const key = keyOf(place)
      const shown = view.read()
      if (shown.length >= maxAlarms || shown.some((alarm) => keyOf(alarm) === key)) return
      const alarm: Alarm = { ...place, sinceMs }
      view.set([...shown, alarm])
      save(key, alarm)
      log?.('alarm', { code: place.code })
    },
    end: (place) => {
      const key = keyOf(place)
      const left = view.read().filter((alarm) => keyOf(alarm) !== key)
      if (left.length === view.read().length) return
      view.set(left)
      save(key, null)
    },
    close: async () => {
      stop()
      await saving.run(async () => Promise.resolve())
    },
  }
}

function keyOf({ code, user, device, topic, scope }: AlarmPlace): string {
  return [code, user, device, topic, scope].map((part) => part ?? '').join('/')
}

/** What a later version has written and this one does not know is not shown. */
function parseAlarm(value: unknown): Alarm | null {
  const known = typeof value === 'object' && value !== null && 'code' in value && (alarmCodes as readonly unknown[]).includes(value.code)
  return known ? (value as Alarm) : null
}
