/** This tab's device: behind its lock or open. A lock in one tab is a lock in all. */
import type { PassphraseChange, Vault } from '@poruch/adapters-browser'
import { makeCell } from '@poruch/base'
import type { Clock, View } from '@poruch/base'
import type { Replica } from '@poruch/replica'
import type { Devtools } from '../features/devtools/devtools.ts'

export type DeviceState =
  /** `retryAtMs`: when the next guess is taken. */
  | { readonly name: 'locked'; readonly retryAtMs: number }
  | { readonly name: 'open'; readonly replica: Replica; readonly devtools: Devtools; readonly passphrase: 'none' | 'set' | 'impossible' }
  /** The page is about to be loaded anew. */
  | { readonly name: 'leaving' }

export interface Device {
  readonly state: View<DeviceState>
  /** @throws AdapterError `wrong-passphrase` | `too-many-tries` */
  unlock(passphrase: string): Promise<void>
  /** Locks all tabs; nothing without a passphrase. */
  lock(): Promise<void>
  /** @throws AdapterError `wrong-passphrase` | `too-many-tries` | `older-profile` */
  changePassphrase(change: PassphraseChange): Promise<void>
  /** Deletes the locked copy. */
  erase(): Promise<void>
  /** To be called whenever somebody may have come back to this tab: leaves when another tab has locked meanwhile. */
  check(): Promise<void>
  /** Keeps what was typed, and loads the page anew. */
  restart(): Promise<void>
}

/** The vault's key, as the opener of a tab needs it. */
export interface TabKey {
  readonly kind: 'open' | 'older'
  readonly handle: unknown
}

export interface OpenTab {
  readonly replica: Replica
  readonly devtools: Devtools
  /** Closes sockets first, then keeps what was typed, then all else. */
  close(): Promise<void>
}

export interface DeviceOptions {
  readonly vault: Vault
  readonly clock: Clock
  openTab(key: TabKey): Promise<OpenTab>
  /** Loads the page anew: the one way by which keys, documents and caches surely leave its memory. */
  leave(): void
}

/** A disk that hangs must not keep a lock open: what was typed in the last moment is then lost. */
export const closingMaxMs = 2_000

export async function openDevice({ vault, clock, openTab, leave }: DeviceOptions): Promise<Device> {
  // Before the key is looked at: a lock in between is then noticed.
  let term = await vault.term()
  let tab: OpenTab | null = null
  const content = await vault.content()
  const state = makeCell<DeviceState>({ name: 'locked', retryAtMs: await vault.retryAtMs() })

  const enter = async (key: TabKey, passphrase: 'none' | 'set' | 'impossible'): Promise<void> => {
    tab = await openTab(key)
    state.set({ name: 'open', replica: tab.replica, devtools: tab.devtools, passphrase })
  }
  const depart = async (): Promise<void> => {
    if (state.read().name === 'leaving') return
    const closing = tab
    tab = null
    state.set({ name: 'leaving' })
    await withinMs(clock, closingMaxMs, closing?.close() ?? Promise.resolve())
    leave()
  }
  const check = async (): Promise<void> => {
    const present = state.read()
    if (present.name === 'leaving') return
    // A vault that was erased or taken by a newer version answers no more.
    const now = await vault.term().catch(() => null)
    if (now !== term) return depart()
    if (present.name !== 'open' || present.passphrase === 'impossible') return
    const { kind } = await vault.content()
    const passphrase = kind === 'locked' ? 'set' : 'none'
    if (present.passphrase !== passphrase) state.set({ ...present, passphrase })
  }
  vault.onLocked(() => void check())
  if (content.kind !== 'locked') await enter(content, content.kind === 'older' ? 'impossible' : 'none')

  return {
    state,
    check,
    restart: depart,
    unlock: async (passphrase) => {
      if (state.read().name !== 'locked') return
      try {
        term = await vault.term()
        await enter({ kind: 'open', handle: await vault.unlock(passphrase) }, 'set')
      } catch (thrown) {
        if (state.read().name === 'locked') state.set({ name: 'locked', retryAtMs: await vault.retryAtMs() })
        throw thrown
      }
    },
    lock: async () => {
      const present = state.read()
      if (present.name !== 'open' || present.passphrase !== 'set') return
      try {
        await vault.lock()
      } finally {
        await depart()
      }
    },
    changePassphrase: async (change) => {
      await vault.changePassphrase(change)
      await check()
    },
    erase: async () => {
      await vault.erase()
      await depart()
    },
  }
}

/** Resolves when the work is done or failed, and after so long in any case. */
async function withinMs(clock: Clock, limitMs: number, work: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.after(limitMs, resolve)
    work
      .catch(() => undefined)
      .then(
        () => {
          cancel()
          resolve()
        },
        () => undefined,
      )
  })
}
