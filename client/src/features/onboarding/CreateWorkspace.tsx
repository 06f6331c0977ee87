/** The founder's form. */
import { Button, Field } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { createSignal } from 'solid-js'
import { ErrorLine } from '../../app/ErrorLine.tsx'
import { createAction } from '../../app/create-action.ts'
import { useI18n } from '../../app/i18n.ts'
import { nameMaxCharacters } from '../../app/name-limit.ts'

export function CreateWorkspace(props: {
  readonly onCreate: (options: { name: string; displayName: string }) => Promise<void>
}): JSX.Element {
  const i18n = useI18n()
  const [name, setName] = createSignal('')
  const [displayName, setDisplayName] = createSignal('')
  const action = createAction(() => props.onCreate({ name: name().trim(), displayName: displayName().trim() }))
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void action.run()
  }
  return (
    <main class="gate-card">
      <h1>{i18n.t('create.title')}</h1>
      <p>{i18n.t('create.hint')}</p>
      <form onSubmit={submit}>
        <Field label={i18n.t('create.workspaceName')} value={name()} maxLength={nameMaxCharacters} required onInput={setName} />
        <Field
          label={i18n.t('create.displayName')}
          hint={i18n.t('create.displayNameHint')}
          maxLength={nameMaxCharacters}
          value={displayName()}
          required
          onInput={setDisplayName}
        />
        <ErrorLine code={action.code()} />
        <Button kind="primary" type="submit" disabled={action.isBusy() || name().trim() === '' || displayName().trim() === ''}>
          {i18n.t(action.isBusy() ? 'create.busy' : 'create.submit')}
        </Button>
      </form>
    </main>
  )
}
