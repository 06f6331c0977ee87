/** What is seen when the app cannot start or go on: why, and what to do. */
import { Button, EmptyState } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { errorText, useI18n } from './i18n.ts'

export function Failure(props: { readonly code: string }): JSX.Element {
  const i18n = useI18n()
  return (
    <main class="home">
      <div role="alert">
        <EmptyState title={i18n.t('app.failed')} hint={errorText(i18n, props.code)} isHeading>
          <Button kind="primary" onClick={() => location.reload()}>
            {i18n.t('app.reload')}
          </Button>
        </EmptyState>
      </div>
    </main>
  )
}
