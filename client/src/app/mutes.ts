/** Which conversations this device keeps quiet about; remembered here, the same in all its tabs. */
import type { ConversationId } from '@poruch/replica'

import { createContext, createSignal, onCleanup, useContext } from 'solid-js'
import { keyOf } from './paths.ts'

export interface Mutes {
  /** By the conversation's key. */
  has(key: string): boolean
  set(id: ConversationId, isMuted: boolean): void
}

const mutesKey = 'poruch/muted'
/** More than anybody has; the oldest go. */
const maxMutes = 1000

/** Needs an owner. */
export function createMutes(): Mutes {
  const [keys, setKeys] = createSignal(read())
  const follow = ({ key }: StorageEvent): void => {
    if (key === mutesKey) setKeys(read())
  }
  window.addEventListener('storage', follow)
  onCleanup(() => {
    window.removeEventListener('storage', follow)
  })
  return {
    has: (key) => keys().has(key),
    set: (id, isMuted) => {
      const key = keyOf(id)
      const others = [...keys()].filter((one) => one !== key)
      const next = (isMuted ? [...others, key] : others).slice(-maxMutes)
      localStorage.setItem(mutesKey, JSON.stringify(next))
      setKeys(new Set(next))
    },
  }
}

/** What is broken starts anew. */
function read(): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(mutesKey) ?? '[]')
    return new Set(Array.isArray(value) ? value.filter((key) => typeof key === 'string') : [])
  } catch {
    return new Set()
  }
}

const noMutes: Mutes = { has: () => false, set: () => undefined }

export const MutesContext = createContext<Mutes>(noMutes)

export function useMutes(): Mutes {
  return useContext(MutesContext)
}
