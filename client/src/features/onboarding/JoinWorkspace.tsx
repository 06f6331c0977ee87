/** The form of somebody with an invitation. */
import { Button, Field } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { nameMaxCharacters } from '../../app/name-limit.ts'

export function JoinWorkspace(props: { readonly onJoin: (options: { displayName: string }) => Promise<void> }): JSX.Element {
  const i18n = useI18n()
  const [displayName, setDisplayName] = createSignal('')
  const action = createAction(() => props.onJoin({ displayName: displayName().trim() }))
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void action.run()
  }
  return (
    <main class="gate-card">
      <h1>{i18n.t('join.title')}</h1>
      <p>{i18n.t('join.hint')}</p>
      <form onSubmit={submit}>
        <Field
          label={i18n.t('create.displayName')}
          hint={i18n.t('create.displayNameHint')}
          maxLength={nameMaxCharacters}
          value={displayName()}
          required
          onInput={setDisplayName}
        />
        <ErrorLine code={action.code()} />
        <Button kind="primary" type="submit" disabled={action.isBusy() || displayName().trim() === ''}>
          {i18n.t(action.isBusy() ? 'join.busy' : 'join.submit')}
        </Button>
      </form>
    </main>
  )
}
