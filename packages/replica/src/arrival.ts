/** Takes a device from blank to member as its person asks, one attempt at a time, and goes on with one that a restart interrupted. */
import { codeOf, parseBase64Url, toHex } from '@poruch/base'
import type { Cell } from '@poruch/base'
import { parseInvitationLink } from '@poruch/identity'
import { directoryValueMaxCharacters } from '@poruch/model'
import { createAccount, phaseRecord, savePhase } from './account.ts'
import type { Account, OwnNames, StoredPhase } from './account.ts'
import type { Phase, Replica } from './api.ts'
import { ReplicaError } from './errors.ts'
import { wordsRecord } from './kept-words.ts'
import type { KeptWords } from './kept-words.ts'
import { laterParts } from './later-parts.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, jsonBytes } from './records.ts'
import type { Recovering } from './recovery.ts'
import { found, join, joinNumber } from './way-in.ts'
import type { Requesting } from './way-in.ts'
import { grouped } from './workspace-view.ts'

export interface Arrival extends Pick<Replica, 'createWorkspace' | 'requestJoin' | 'findAccount' | 'recover'> {
  /** Goes on in the background. */
  resume(account: Account, stored: Exclude<StoredPhase, { name: 'member' }>): void
  close(): void
}

export interface ArrivalOptions {
  readonly ports: ReplicaPorts
  readonly phase: Cell<Phase>
  readonly words: KeptWords
  become(account: Account, stored: Extract<StoredPhase, { name: 'member' }>): Promise<void>
}

const setupSecretSizeBytes = 16
/** Until a way in that the disk had no room for is tried again. */
const diskRetryMs = 10_000

export function makeArrival({ ports, phase, words, become }: ArrivalOptions): Arrival {
  let attempt = new AbortController()
  let isBusy = false
  const background = (task: Promise<void>): void => {
    task.catch((thrown: unknown) => ports.log?.('way-in-failed', { error: String(thrown) }))
  }
  /** A disk that is full now may have room later, and nobody else would try again. */
  const patiently = async (task: () => Promise<void>): Promise<void> => {
    const { signal } = attempt
    for (;;) {
      try {
        return await task()
      } catch (thrown) {
        if (codeOf(thrown) !== 'disk-full' || signal.aborted) throw thrown
        ports.log?.('way-in-waits', { code: codeOf(thrown) })
        await new Promise<void>((resolve) => void ports.clock.after(diskRetryMs, resolve))
        if (signal.aborted) return
      }
    }
  }
  const forget = async (): Promise<void> => {
    await ports.store.putRecords([phaseRecord(null), wordsRecord(null)])
    await words.refresh()
    phase.set({ name: 'blank' })
  }
  const create = async (account: Account, stored: Extract<StoredPhase, { name: 'creating' }>, isPatient: boolean): Promise<void> => {
    try {
      const scope = await found({ ports, account, signal: attempt.signal }, stored, { isPatient })
      await become(account, { name: 'member', origin: stored.origin, scope })
    } catch (thrown) {
      // Whatever else went wrong, the founding may have been ordered: it stays, and a restart goes on with it.
      if (thrown instanceof ReplicaError && (thrown.code === 'refused' || thrown.code === 'not-online')) await forget()
      throw thrown
    }
  }
  const ask = async (account: Account, stored: Requesting): Promise<void> => {
    const { signal } = attempt
    const link = parseInvitationLink(stored.link)
    const number = link ? { safetyNumber: grouped(await joinNumber(ports, link.scope, account.user)) } : {}
    const scope = await join({ ports, account, signal }, stored, (state) => {
      if (!signal.aborted) phase.set({ name: 'requesting', ...state, ...number })
    })
    if (!signal.aborted) await become(account, { name: 'member', origin: stored.origin, scope })
  }
  const settleRecovery = async (account: Account, stored: Recovering): Promise<void> => {
    const member = { name: 'member', origin: stored.origin, scope: stored.scope } as const
    await savePhase(ports.store, member)
    await become(account, member)
  }
  const resumeRecovery = async (account: Account, stored: Recovering): Promise<void> => {
    const { forgetRecovery, wasOrdered } = await laterParts.recovery()
    if (await wasOrdered({ ports, signal: attempt.signal }, account, stored)) return settleRecovery(account, stored)
    await forgetRecovery(ports)
    phase.set({ name: 'recovering', state: 'failed', code: 'recovery-interrupted' })
  }
  /** Claims the device for an attempt of its own. @throws ReplicaError `already-member` */
  const claim = (): void => {
    const present = phase.read()
    // What came to nothing may be followed by something else.
    const isOver =
      (present.name === 'requesting' && (present.state === 'denied' || present.state === 'failed')) ||
      (present.name === 'recovering' && present.state === 'failed')
    if (isBusy || (present.name !== 'blank' && !isOver))
      throw new ReplicaError('already-member', 'this device has a workspace or has asked for one')
    attempt.abort()
    attempt = new AbortController()
    isBusy = true
  }
  /** A new account, with where it stands and what it will be called, durable before anything is sent. */
  const begin = async (stored: StoredPhase, names: OwnNames): Promise<{ account: Account; words: readonly string[] }> => {
    claim()
    try {
      const created = await createAccount(ports)
      await ports.store.putRecords([phaseRecord(stored), { collection: collections.account, key: 'names', value: jsonBytes(names) }])
      await words.refresh()
      return created
    } finally {
      isBusy = false
    }
  }

  return {
    resume: (account, stored) => {
      if (stored.name === 'recovering') {
        phase.set({ name: 'recovering', state: 'working', code: null })
        background(resumeRecovery(account, stored))
        return
      }
      phase.set({ name: 'requesting', state: 'sending', code: null })
      background(patiently(async () => (stored.name === 'creating' ? create(account, stored, true) : ask(account, stored))))
    },
    createWorkspace: async ({ name, displayName, origin, setupSecret, channelTitle = 'General' }) => {
      const names = { workspace: checkedName(name), channel: checkedName(channelTitle), display: checkedName(displayName) }
      const secret = parseSecret(setupSecret)
      const creating = { name: 'creating', origin, setupSecret: secret, founding: null, sent: false } as const
      const created = await begin(creating, names)
      isBusy = true
      await create(created.account, creating, false).finally(() => {
        isBusy = false
      })
      return { words: created.words }
    },
    requestJoin: async ({ link, displayName }) => {
      const parsed = parseInvitationLink(link)
      if (!parsed) throw new ReplicaError('bad-link', 'not an invitation')
      const requesting = { name: 'requesting', origin: parsed.origin, link, displayName: checkedName(displayName) } as const
      const created = await begin(requesting, { workspace: '', channel: '', display: requesting.displayName })
      phase.set({ name: 'requesting', state: 'sending', code: null })
      background(patiently(async () => ask(created.account, requesting)))
      return { words: created.words }
    },
    findAccount: async (options) => ({
      devices: await (await laterParts.recovery()).findAccount({ ports, signal: attempt.signal }, options),
    }),
    recover: async (options) => {
      claim()
      const before = phase.read()
      phase.set({ name: 'recovering', state: 'working', code: null })
      try {
        const { recover } = await laterParts.recovery()
        const { account, phase: stored } = await recover({ ports, signal: attempt.signal }, options)
        await settleRecovery(account, stored)
      } catch (thrown) {
        if (phase.read().name === 'recovering') phase.set(before.name === 'recovering' ? before : { name: 'blank' })
        throw thrown
      } finally {
        isBusy = false
      }
    },
    close: () => {
      attempt.abort()
    },
  }
}

export function checkedName(text: string): string {
  const name = text.trim()
  if (name === '') throw new ReplicaError('empty', 'a name is needed')
  if (name.length > directoryValueMaxCharacters) throw new ReplicaError('too-long', `${name.length} characters`)
  return name
}

function parseSecret(text: string): string {
  const bytes = parseBase64Url(text)
  if (bytes?.length !== setupSecretSizeBytes) throw new ReplicaError('bad-link', 'not a setup link')
  return toHex(bytes)
}
