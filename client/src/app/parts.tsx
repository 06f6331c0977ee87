/** The parts of the app that come as chunks of their own: what is seen until one is there, and when it does not come. */
import { Button, EmptyState } from '@poruch/ui'
import type { Component, JSX } from 'solid-js'
import { ErrorBoundary, Suspense, lazy } from 'solid-js'
import { Loading } from './Loading.tsx'
import { errorCodeOf, errorText, languages, loadLanguage, loadLaterTexts, useI18n } from './i18n.ts'

type Load<Props extends object> = () => Promise<Component<Props>>

const preloads: (() => Promise<unknown>)[] = languages.map((language) => async () => loadLanguage(language))

/** Fills a pane. */
export function makeScreen<Props extends object>(load: Load<Props>): Component<Props> {
  return makePart(load, () => <Loading />, 'screen')
}

/** Opens over others; until it is there nothing is seen of it. */
function makeOverlay<Props extends object>(load: Load<Props>): Component<Props> {
  return makePart(load, () => null, 'overlay')
}

function makePart<Props extends object>(load: Load<Props>, waiting: () => JSX.Element, kind: 'screen' | 'overlay'): Component<Props> {
  const Loaded = lazy(async () => {
    const [component] = await Promise.all([load(), loadLaterTexts()])
    return { default: component }
  })
  preloads.push(Loaded.preload)
  return (props) => (
    <ErrorBoundary fallback={(thrown, retry) => <Failed thrown={thrown} kind={kind} onRetry={retry} />}>
      <Suspense fallback={waiting()}>
        <Loaded {...props} />
      </Suspense>
    </ErrorBoundary>
  )
}

function Failed(props: { readonly thrown: unknown; readonly kind: 'screen' | 'overlay'; readonly onRetry: () => void }): JSX.Element {
  const i18n = useI18n()
  return (
    <div class="part-failed" data-kind={props.kind} role="alert">
      <EmptyState title={i18n.t('part.failed')} hint={errorText(i18n, errorCodeOf(props.thrown))}>
        <Button
          onClick={() => {
            props.onRetry()
          }}
        >
          {i18n.t('part.retry')}
        </Button>
      </EmptyState>
    </div>
  )
}

export const ConnectionPanel = makeScreen(async () => (await import('../features/connection/ConnectionPanel.tsx')).ConnectionPanel)
export const Details = makeScreen(async () => (await import('../features/details/Details.tsx')).Details)
export const DevtoolsPanel = makeOverlay(async () => (await import('../features/devtools/DevtoolsPanel.tsx')).DevtoolsPanel)
export const EraseDialog = makeOverlay(async () => (await import('../features/chat/EraseDialog.tsx')).EraseDialog)
export const GoTo = makeOverlay(async () => (await import('./GoTo.tsx')).GoTo)
export const LockScreen = makeScreen(async () => (await import('../features/lock/LockScreen.tsx')).LockScreen)
export const Members = makeScreen(async () => (await import('../features/members/Members.tsx')).Members)
export const NewChannelDialog = makeOverlay(async () => (await import('../features/chat/NewChannelDialog.tsx')).NewChannelDialog)
export const NewDeviceBanner = makeOverlay(async () => (await import('./NewDeviceBanner.tsx')).NewDeviceBanner)
export const Onboarding = makeScreen(async () => (await import('../features/onboarding/Onboarding.tsx')).Onboarding)
export const Settings = makeScreen(async () => (await import('../features/settings/Settings.tsx')).Settings)
export const ShortcutList = makeOverlay(async () => (await import('./ShortcutList.tsx')).ShortcutList)

/** Loads all parts, one after the other: what this page may show later comes from no network, and from no newer version. */
export async function preloadParts(): Promise<void> {
  // One that does not come now is asked for again when it is shown.
  for (const preload of preloads) await preload().catch(() => undefined)
}
