/** Which devices of others were heard of and have not said goodbye. */
import type { DeviceId } from '@poruch/base'
import type { HeardBeacon } from '@poruch/sync'

export interface Presence {
  /** True for a device that has just come. */
  note(beacon: Pick<HeardBeacon, 'device' | 'session' | 'isLeaving'>): boolean
  /** This device was away: who has gone meanwhile, it could not hear. */
  forget(): void
  /** Whether one of these is there. */
  isAny(among: (device: DeviceId) => boolean): boolean
}

/** Sessions remembered: an old goodbye must not be taken for one of now. */
const maxSessions = 1024

export function makePresence(): Presence {
  /** By device: the session that began last. */
  const present = new Map<DeviceId, string>()
  const known = new Set<string>()
  return {
    note: ({ device, session, isLeaving }) => {
      const name = `${device} ${session}`
      const isNew = !known.has(name)
      known.add(name)
      const [oldest] = known
      if (known.size > maxSessions && oldest !== undefined) known.delete(oldest)
      if (isLeaving && present.get(device) === session) present.delete(device)
      if (isNew && !isLeaving) present.set(device, session)
      return isNew && !isLeaving
    },
    forget: () => present.clear(),
    isAny: (among) => {
      for (const device of present.keys()) if (!among(device)) present.delete(device)
      return present.size > 0
    },
  }
}
