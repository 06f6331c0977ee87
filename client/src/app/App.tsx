/** The whole app: starts this device, then shows the way in or the workspace. */
import { createPlainView, createView } from '@poruch/ui'
import { makeCell } from '@poruch/base'
import type { DeviceId, View } from '@poruch/base'
import type { OwnDevice, Replica } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { ErrorBoundary, Match, Show, Switch, createEffect, createMemo, createResource, createSignal, onCleanup, untrack } from 'solid-js'
import type { Devtools } from '../features/devtools/devtools.ts'
import { AlarmBanners } from './AlarmBanners.tsx'
import { Banners } from './Banners.tsx'
import { Failure } from './Failure.tsx'
import { Loading } from './Loading.tsx'
import { Shell } from './Shell.tsx'
import type { Device } from './device.ts'
import { beginFirstSteps } from './first-steps.ts'
import { forgetEntry, keepEntry, takeEntry } from './entry.ts'
import { I18nContext, createAppI18n, errorCodeOf, useI18n } from './i18n.ts'
import { LockContext } from './lock-context.ts'
import { PreferencesContext, createPreferences } from './preferences.ts'
import { LockScreen, NewDeviceBanner, Onboarding } from './parts.tsx'
import { parseEntry } from './paths.ts'
import { takeShare } from './share.ts'
import type { NewVersion, Versions } from './versions.ts'

const noNewVersion: View<NewVersion> = makeCell<NewVersion>('none')

export interface AppProps {
  readonly boot: () => Promise<Device>
  /** Null where nothing is kept for offline, as in development. */
  readonly versions?: Versions | null
}

export function App(props: AppProps): JSX.Element {
  const i18n = createAppI18n()
  const [device] = createResource(async () => props.boot())
  // Before anything else, and before the lock: the address bar shows no secret.
  takeEntry()
  takeShare()
  createEffect(() => {
    document.documentElement.lang = i18n.language()
  })
  return (
    <PreferencesContext.Provider value={createPreferences()}>
      <I18nContext.Provider value={i18n}>
        <ErrorBoundary fallback={(thrown) => <Failure code={errorCodeOf(thrown)} />}>
          <Switch fallback={<Loading />}>
            <Match when={device.error as unknown}>{(thrown) => <Failure code={errorCodeOf(thrown())} />}</Match>
            <Match when={device()}>{(ready) => <Gate device={ready()} versions={props.versions ?? null} />}</Match>
          </Switch>
        </ErrorBoundary>
      </I18nContext.Provider>
    </PreferencesContext.Provider>
  )
}

/** The lock, or what lies behind it. */
function Gate(props: { readonly device: Device; readonly versions: Versions | null }): JSX.Element {
  // A page starts one device, and no other ever takes its place.
  const lock = untrack(() => props.device)
  const state = createPlainView(() => props.device.state)
  const locked = createMemo(() => {
    const present = state()
    return present.name === 'locked' ? present : null
  })
  const open = createMemo(
    () => {
      const present = state()
      return present.name === 'open' ? present : null
    },
    null,
    { equals: (before, after) => before?.replica === after?.replica },
  )
  const reload = async (): Promise<void> => {
    await props.versions?.activate()
    await props.device.restart()
  }
  return (
    <LockContext.Provider value={lock}>
      <Switch fallback={<Loading />}>
        <Match when={locked()}>
          {(present) => <LockScreen retryAtMs={present().retryAtMs} onUnlock={props.device.unlock} onErase={props.device.erase} />}
        </Match>
        {/* Keyed, because what ends with the screen may still ask for the replica when the lock has taken its place. */}
        <Match when={open()} keyed>
          {(ready) => (
            <Started replica={ready.replica} devtools={ready.devtools} version={props.versions?.state ?? noNewVersion} onReload={reload} />
          )}
        </Match>
      </Switch>
    </LockContext.Provider>
  )
}

interface StartedProps {
  readonly replica: Replica
  readonly devtools: Devtools
  readonly version: View<NewVersion>
  readonly onReload: () => Promise<void>
}

function Started(props: StartedProps): JSX.Element {
  const phase = createView(() => props.replica.phase)
  const hasWorkspace = createView(
    () => props.replica.workspace,
    (workspace) => workspace !== null,
  )
  const way = createWayIn(() => props.replica)
  // What was kept for the first screen is shown before that.
  const [opened] = createResource(async () => props.replica.opened)
  const isInside = (): boolean => (phase().name === 'member' || phase().name === 'former') && way.isDone()
  return (
    <Show
      when={isInside()}
      fallback={
        <Onboarding
          phase={phase()}
          entry={way.entry()}
          words={way.words()}
          onLink={way.open}
          onCreate={way.create}
          onJoin={way.join}
          onWordsConfirmed={way.confirmWords}
          onFindAccount={way.findAccount}
          onRecover={way.recover}
        />
      }
    >
      <div class="frame">
        <Banners replica={props.replica} version={props.version} onReload={props.onReload} />
        <AlarmBanners replica={props.replica} />
        <NewDeviceBanner replica={props.replica} />
        <Switch fallback={<Loading />}>
          <Match when={opened.error as unknown}>{(thrown) => <Failure code={errorCodeOf(thrown())} />}</Match>
          <Match when={hasWorkspace()}>
            <Shell replica={props.replica} devtools={props.devtools} />
          </Match>
        </Switch>
      </div>
    </Show>
  )
}

/** What lives only until the person is in: the link, and the words. */
function createWayIn(replica: () => Replica) {
  const i18n = useI18n()
  const [entry, setEntry] = createSignal(takeEntry())
  // Kept by the device until they are written down: whatever happens to this tab.
  const kept = createPlainView(() => replica().words)
  const words = (): readonly string[] | null => (isStarting() ? null : kept())
  const [isStarting, setStarting] = createSignal(false)
  // A link that is pasted over this page's address loads nothing anew.
  const follow = (): void => {
    const next = takeEntry()
    if (next) setEntry(next)
  }
  window.addEventListener('hashchange', follow)
  onCleanup(() => {
    window.removeEventListener('hashchange', follow)
  })
  const start = async (command: () => Promise<unknown>): Promise<void> => {
    setStarting(true)
    try {
      await command()
      forgetEntry()
    } finally {
      setStarting(false)
    }
  }
  return {
    entry,
    words,
    isDone: () => words() === null && !isStarting(),
    open: (link: string): void => {
      keepEntry(link)
      setEntry(parseEntry(link))
    },
    create: async ({ name, displayName }: { name: string; displayName: string }): Promise<void> => {
      const from = entry()
      if (from?.kind !== 'setup') return
      await start(async () =>
        replica().createWorkspace({
          name,
          displayName,
          origin: location.origin,
          setupSecret: from.secret,
          channelTitle: i18n.t('channel.first'),
        }),
      )
    },
    join: async ({ displayName }: { displayName: string }): Promise<void> => {
      const from = entry()
      if (from?.kind !== 'invitation') return
      await start(async () => replica().requestJoin({ link: from.link, displayName }))
    },
    findAccount: async (typed: string): Promise<readonly OwnDevice[]> =>
      (await replica().findAccount({ words: typed, origin: location.origin })).devices,
    recover: async (typed: string, revoke: readonly DeviceId[]): Promise<void> =>
      replica().recover({ words: typed, origin: location.origin, revoke }),
    confirmWords: (): void => {
      beginFirstSteps()
      setEntry(null)
      replica().wordsWritten().catch(reportError)
    },
  }
}
